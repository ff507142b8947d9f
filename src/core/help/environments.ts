import type { HelpTopic } from "./help-topic.ts";

export const environments: HelpTopic = {
  name: "environments",
  summary: "migrations and values for some environments; seeds",
  text: () => TEXT,
};

const TEXT = `Environments

An environment is a word of your own, such as development, test or production.
It is chosen with --env or PGSTEP_ENV; none is chosen when nobody says so.

A file whose header has

  -- Environment: development, test

is run only when one of these is chosen. Otherwise status shows it as skipped,
and up leaves it out. Files without that line are for every environment, but
for those in a folder of the migrations directory: database/migrations/test/
is for the environment test.

Seeds, rows to begin with, lie in database/seeds and in its folders in the
same way. pgstep seed runs them; each time, or once with this in the header:

  -- Seed: once

Where a header says

  -- Placeholders: on

\${name} stands for a value: of --set name=value, PGSTEP_PLACEHOLDER_<NAME>,
or "placeholders" in pgstep.json, which may differ in its "environments".

In the environment production, reset needs --force besides its confirmation:

  pgstep reset --env production --confirm <database> --force
`;
