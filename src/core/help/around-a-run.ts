import type { HelpTopic } from "./help-topic.ts";

export const repeatable: HelpTopic = {
  name: "repeatable",
  summary: "views, functions, policies and grants, made anew when their text changes",
  text: () => REPEATABLE,
};

export const hooks: HelpTopic = {
  name: "hooks",
  summary: "SQL and commands of your own around a run",
  text: () => HOOKS,
};

const REPEATABLE = `Repeatable objects

database/repeatable/*.sql holds views, functions, triggers, policies and grants,
each in a file that may run twice (CREATE OR REPLACE). When no migration is left
pending, up applies those that are new, whose text has changed, or of which a
view is gone: all in one transaction, in order of what they mention.

When a view's columns change, pgstep drops it with the views and functions that
depend on it, and puts those back, from their files or as they were, with owner,
privileges and comments. What cannot be put back stops it, and nothing changes.

A file that is removed is told of once; what it made stays.

  pgstep status         lists them: applied, new, changed, dropped
  pgstep up --dry-run   lists what would be applied

--repeatable-dir names another directory. More is in docs/repeatable.md.
`;

const HOOKS = `Hooks

database/hooks/ holds SQL that runs around a run, each file in a transaction of
its own:

  {before,after}-{up,down,step,reset}.sql      everywhere
  {before,after}-{...}.production.sql          with --env production only

Commands stand in pgstep.json. They find what is done as one line of JSON on
their standard input; a text is read by the shell, a list is not:

  { "hooks": { "afterUp": "npm run types", "beforeUp": ["./check", "now"] } }

They are shown as they are written there, without the values of variables.

A hook that fails stops the run with exit status 4; what was committed stays.
With --hook-failure warn the run goes on. When nothing is pending none runs.

--hooks-dir names another directory. More is in docs/hooks.md.
`;
