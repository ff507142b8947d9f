import { EXIT_STATUSES } from "../failure/exit-statuses.ts";
import { FAILURES, type FailureCode } from "../failure/failure.ts";
import { section, wrap } from "./help-text.ts";
import type { HelpTopic } from "./help-topic.ts";

export const exitStatus: HelpTopic = {
  name: "exit-status",
  summary: "exit statuses, and the codes of failures",
  text: () => {
    const codes = Object.keys(FAILURES) as FailureCode[];
    const parts = [
      ["Exit status"],
      section(
        "Meaning",
        EXIT_STATUSES.map(({ status, meaning }) => [`${status}`, meaning] as const),
      ),
      wrap(
        "A program that up starts after -- sets the status itself; 128 plus the signal's number if a signal ended it.",
        80,
      ),
      ["With --json, a failure has one of these codes:"],
      ...EXIT_STATUSES.map(({ status }) =>
        section(
          `Exit status ${status}`,
          codes
            .filter((code) => FAILURES[code].exitStatus === status)
            .map((code) => [code, FAILURES[code].meaning] as const),
        ),
      ),
    ];
    const text = parts.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
    return `${text.join("\n\n")}\n`;
  },
};
