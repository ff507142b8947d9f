import type { HelpTopic } from "./help-topic.ts";

export const environments: HelpTopic = {
  name: "environments",
  summary: "migrations and values for some environments; seeds",
  text: () => TEXT,
};

const TEXT = `Environments

An environment is a name that you choose, such as development or production.
Select one with --env or PGSTEP_ENV; by default none is selected.

A file whose header has

  -- Environment: development, test

runs only if one of these is selected. Otherwise status shows it as skipped, and
up leaves it out. Files without that line are for every environment, except
those in a folder of the migrations directory: database/migrations/test/ is for
the environment test.

Seeds (initial rows) are in database/seeds, and in its folders in the same way.
pgstep seed runs them every time, or once with this in the header:

  -- Seed: once

In a file whose header has

  -- Placeholders: on

pgstep replaces \${name} by a value from --set name=value,
PGSTEP_PLACEHOLDER_<NAME>, or "placeholders" in pgstep.json, which may differ in
its "environments".

In the environment production, reset needs --force as well as the confirmation:

  pgstep reset --env production --confirm <database> --force
`;
