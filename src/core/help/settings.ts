import type { Option, Vocabulary } from "../command-line/command.ts";
import { optionLabel, section } from "./help-text.ts";
import type { HelpTopic } from "./help-topic.ts";

export const settings: HelpTopic = {
  name: "settings",
  summary: "sources of settings, and the environment variables",
  text: (vocabulary) => {
    const rows = optionsWithVariable(vocabulary).map(
      (option) => [`${option.variable}`, `${optionLabel(option)}: ${option.summary}`] as const,
    );
    return `${TEXT}\n${section("Variables", rows).join("\n")}\n`;
  },
};

const TEXT = `Settings

For each setting, the first of these that has a value wins:

  1. the command line
  2. environment variables
  3. the file that --env-file names, with lines NAME=value
  4. the project file
  5. the default

The project file is pgstep.json, or the key "pgstep" of package.json, in the
working directory or the nearest one above it, up to the root of the repository;
or the file that --config names. A file above the working directory must belong
to you or to root. Paths in the file are relative to it. It may have comments,
and \${NAME} and \${NAME:-default} for environment variables. In a URL these may
be the whole URL, its password, PGHOST, PGPORT, PGUSER, PGDATABASE, and what
PGSTEP_URL_VARIABLES lists:

  {
    "directory": "db/migrations",
    "environments": { "test": { "url": "pglite:memory" } }
  }

--env or PGSTEP_ENV selects a section of "environments". An empty variable
counts as not set. Durations are written like 500ms, 30s or 5m.

pgstep config shows every setting and where it comes from.
`;

/** Each option that has a variable, once. */
function optionsWithVariable({ commands, options }: Vocabulary): Option[] {
  const all = [...options, ...commands.flatMap((command) => command.options)];
  const byName = new Map(all.filter(({ variable }) => variable !== undefined).map((option) => [option.name, option]));
  return [...byName.values()];
}
