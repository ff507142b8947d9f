import { DOCS, type HelpTopic } from "./help-topic.ts";

export const json: HelpTopic = {
  name: "json",
  summary: "output for programs",
  text: () => TEXT,
};

const TEXT = `Output for programs

With --json every command prints one JSON object per line on standard output,
and nothing else. Each has a "type". Events come first, in the order in which
they happen. The last line is the result, or {"type":"failure", ...} if there is
none:

  $ pgstep up --json
  {"type":"planned", ... ,"steps":[{"version":"001", ...}]}
  {"type":"step-started", ...}
  {"type":"step-finished", ... ,"outcome":"applied","durationMs":12}
  {"type":"run", ... ,"failure":null}

  $ pgstep status --json | jq .pending
  2

Each line also has "format":1, the version of the format. Within a version,
pgstep only adds fields and types of lines: ignore those you do not know.
A missing value is null; lists may be empty. Durations are whole milliseconds
(durationMs). Lines and columns count from 1.

A failure has a code, which stays the same while its message may change: see
pgstep help exit-status. statement-finished is printed with --verbose only.

All shapes are in schema/output.schema.json of the package (JSON Schema 2020-12)
and explained here:
${DOCS}/json.md
`;
