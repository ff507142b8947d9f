import { EXIT_STATUSES } from "../../src/core/failure/exit-statuses.ts";
import { FAILURES, type FailureCode } from "../../src/core/failure/failure.ts";
import { code, GENERATED, plain, table } from "./markdown.ts";
import { REMEDIES } from "./remedies.ts";

const CODES = Object.keys(FAILURES) as FailureCode[];

export function exitStatusesPage(): string {
  const rows = EXIT_STATUSES.map(({ status, meaning }) => [
    `${status}`,
    plain(meaning),
    CODES.filter((one) => FAILURES[one].exitStatus === status)
      .map((one) => `[${one}](errors.md#${one})`)
      .join(", "),
  ]);
  return `${[
    GENERATED,
    "# Exit statuses",
    table(["status", "meaning", "failures"], rows),
    "A program that `pgstep up -- program` starts decides the status itself, 128 and the signal's number when a signal " +
      "ended it. [commands.md](commands.md) tells the statuses of each command.",
    "In a script, `pgstep status --exit-code` exits with 3 when something is pending, and `pgstep validate` with 3 when a " +
      "file has a fault.",
  ].join("\n\n")}\n`;
}

export function errorsPage(): string {
  const sections = CODES.map((one) => {
    const { exitStatus, meaning } = FAILURES[one];
    const status = `[Exit status ${exitStatus}](exit-statuses.md).`;
    return `## ${one}\n\n${plain(meaning)} ${status}\n\n${REMEDIES[one]}`;
  });
  return `${[
    GENERATED,
    "# Errors",
    "An error says what could not be done, and why, and where; its last line, the hint, says what to do in this very case. " +
      "A command in a hint can be pasted: it begins as pgstep was started (`npx pgstep`, `npm run db --`), and repeats the " +
      "flags that said which database and which files are meant, a URL without its password. " +
      `With ${code("--json")} it has one of the codes below, which stay the same while words may change; the library's ` +
      `${code("Failure")} has it as ${code("code")}. What else ends with the stack of the program is a bug of pgstep's: ` +
      "exit status 1, please report it.",
    ...sections,
  ].join("\n\n")}\n`;
}
