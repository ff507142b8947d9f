import type { HelpTopic } from "./help-topic.ts";

export const json: HelpTopic = {
  name: "json",
  summary: "output for programs",
  text: () => TEXT,
};

const TEXT = `Output for programs

With --json every command prints one JSON object a line on standard output, and
nothing else. Each has a "type". What happens comes first, in the order in which
it happens; the last line is the result, or {"type":"failure", ...} where there
is none:

  $ pgstep up --json
  {"type":"planned", ... ,"steps":[{"version":"001", ...}]}
  {"type":"step-started", ...}
  {"type":"step-finished", ... ,"outcome":"applied","durationMs":12}
  {"type":"run", ... ,"failure":null}

  $ pgstep status --json | jq .pending
  2

Each line has "format":1 too, the number of the format. As long as it is the
same, fields and types of lines are added at most: skip what you do not know.
What there is none of is null; lists are empty. Durations are whole milliseconds
(durationMs). Lines and columns count from 1.

A failure has a code, which stays the same while its words may change; see
pgstep help exit-status. statement-finished is told with --verbose only.

All shapes are in schema/output.schema.json of the package (JSON Schema 2020-12)
and explained in docs/json.md.
`;
