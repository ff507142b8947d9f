import { DOCS, type HelpTopic } from "./help-topic.ts";

export const repeatable: HelpTopic = {
  name: "repeatable",
  summary: "views, functions, policies and grants, applied again when they change",
  text: () => REPEATABLE,
};

export const hooks: HelpTopic = {
  name: "hooks",
  summary: "your own SQL and commands before and after a run",
  text: () => HOOKS,
};

const REPEATABLE = `Repeatable migrations

database/repeatable/*.sql holds views, functions, triggers, policies and grants,
each in a file that may run twice (CREATE OR REPLACE). When no migration is left
pending, up applies the files that are new or changed, or whose view is missing:
all in one transaction, in the order of their dependencies.

When a view's columns change, pgstep drops the view and the views and functions
that depend on it, and re-creates those, from their files or as they were, with
owner, privileges and comments. If one cannot be re-created, nothing changes.

pgstep warns once about a removed file; the objects that it made stay.

  pgstep status         lists them: applied, new, changed, dropped
  pgstep up --dry-run   lists what would be applied

--repeatable-dir names another directory. More:
${DOCS}/repeatable.md
`;

const HOOKS = `Hooks

database/hooks/ holds SQL files that run before and after a run, a step or a
reset, each in its own transaction:

  {before,after}-{up,down,step,reset}.sql      everywhere
  {before,after}-{...}.production.sql          with --env production only

Commands are in pgstep.json. They read what is done as one line of JSON from
their standard input. A string runs in a shell; a list runs without one:

  { "hooks": { "afterUp": "npm run types", "beforeUp": ["./check", "now"] } }

Messages show them as written there, without the values of variables.

A hook that fails stops the run with exit status 4; what was committed stays.
With --hook-failure warn the run continues. If nothing is pending, no hook runs.

--hooks-dir names another directory. More:
${DOCS}/hooks.md
`;
