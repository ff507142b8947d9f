import type { Option, Vocabulary } from "../command-line/command.ts";
import { optionLabel, section } from "./help-text.ts";
import type { HelpTopic } from "./help-topic.ts";

export const settings: HelpTopic = {
  name: "settings",
  summary: "where settings come from, and the environment variables",
  text: (vocabulary) => {
    const rows = optionsWithVariable(vocabulary).map(
      (option) => [`${option.variable}`, `${optionLabel(option)}: ${option.summary}`] as const,
    );
    return `${TEXT}\n${section("Variables", rows).join("\n")}\n`;
  },
};

const TEXT = `Settings

The first of these that says something of a setting wins:

  1. what is typed on the command line
  2. environment variables
  3. the file that --env-file names, with lines NAME=value
  4. the project file
  5. the default

The project file is pgstep.json, or the key "pgstep" of package.json, in the
working directory or the nearest one above it, up to the root of the repository;
or what --config names. Above the working directory it must belong to you or to
root. Paths in it are relative to it. Comments are allowed, and \${NAME} and
\${NAME:-default} stand for environment variables. In a URL that is the whole
URL, its password, PGHOST, PGPORT, PGUSER, PGDATABASE, and what
PGSTEP_URL_VARIABLES lists:

  {
    "directory": "db/migrations",
    "environments": { "test": { "url": "pglite:memory" } }
  }

A section of "environments" counts when --env or PGSTEP_ENV names it. A variable
that is empty counts as not set. Durations are written like 500ms, 30s or 5m.

pgstep config shows every setting and where it comes from.
`;

/** Each option that a variable stands for, once. */
function optionsWithVariable({ commands, options }: Vocabulary): Option[] {
  const all = [...options, ...commands.flatMap((command) => command.options)];
  const byName = new Map(all.filter(({ variable }) => variable !== undefined).map((option) => [option.name, option]));
  return [...byName.values()];
}
