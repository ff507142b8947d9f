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
    "A program that `pgstep up -- program` starts sets the status itself; 128 plus the signal's number if a signal " +
      "ended it. [commands.md](commands.md) lists the statuses of each command.",
    "In a script, `pgstep status --exit-code` exits with 3 if anything is pending, and `pgstep check` and `pgstep validate` with 3 if a " +
      "file has an error.",
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
    "An error says what failed, why, and where; its last line, the hint, says what to do. A command in a hint can " +
      "be pasted: it starts the way you started pgstep (`npx pgstep`, `npm run db --`), and repeats the flags that name the " +
      "database and the files, a URL without its password. " +
      `With ${code("--json")} an error has one of the codes below, which stay the same while messages may change; ` +
      `the library's ${code("Failure")} has it as ${code("code")}. Any other error, printed with a stack trace and ` +
      "exit status 1, is a bug in pgstep: please report it.",
    ...sections,
  ].join("\n\n")}\n`;
}
