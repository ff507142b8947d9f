import { EVENTS } from "../../src/adapters/json-report/events.ts";
import type { Schema } from "../../src/adapters/json-report/kinds.ts";
import { RESULTS } from "../../src/adapters/json-report/results.ts";
import { VALUES } from "../../src/adapters/json-report/values.ts";
import { code, GENERATED, table } from "./markdown.ts";
import { OUTPUT_SCHEMA } from "./output-schema.ts";

/** The reference of the output with --json. */
export function jsonPage(): string {
  return `${[
    GENERATED,
    "# Output for programs",
    INTRODUCTION,
    "## Results",
    "The last line is one of these.",
    ...sections(RESULTS),
    "## Events",
    "Lines before the last one, in the order in which things happen.",
    ...sections(EVENTS),
    "## Values",
    "Values that are used in more than one place.",
    ...sections(VALUES),
  ].join("\n\n")}\n`;
}

const INTRODUCTION = `With \`--json\` every command prints one JSON object per line on standard output, and nothing else; the exit status is
the same as without it. The last line is the result, or a failure if there is none. The result of a failed run has the
outcome of each of its migrations, and the failure. Help and the scripts of \`completion\` are text in every format.

    $ pgstep up --json
    {"type":"planned","format":1,"database":"app on localhost:5432","dryRun":false,"steps":[{"version":"001", ...}]}
    {"type":"step-started","format":1,"step":{"version":"001", ...},"statements":2}
    {"type":"step-finished","format":1,"step":{"version":"001", ...},"outcome":"applied","durationMs":12}
    {"type":"run","format":1,"command":"up", ... ,"failure":null}

[output.schema.json](../schema/output.schema.json) is the JSON Schema (2020-12) of a line. The package has it, as
\`pgstep/schema/output.schema.json\`.

While \`format\` is 1, pgstep only adds fields, types of lines, and words to a list of words: ignore those that you do
not know. A missing value is \`null\`; lists may be empty. Durations are whole milliseconds; lines and columns count
from 1, columns in code points. The output never contains a password.`;

function sections(schemas: Readonly<Record<string, Schema>>): string[] {
  return Object.entries(schemas).flatMap(([name, schema]) => {
    const fields = Object.entries((schema.properties ?? {}) as Record<string, Schema>).map(([field, one]) => [
      code(field),
      typeOf(one),
      describe(one),
    ]);
    const words = name === "failureCode" ? [] : fields;
    return [
      `### ${titleOf(name)}`,
      schema.description ?? "",
      ...(words.length ? [table(["field", "is", "what"], words)] : []),
    ];
  });
}

/** Lines are titled by type, values by name. */
function titleOf(name: string): string {
  const { properties } = OUTPUT_SCHEMA.$defs[name] ?? {};
  return ((properties as Record<string, Schema> | undefined)?.type?.const as string | undefined) ?? name;
}

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (Array.isArray(schema.enum)) return schema.enum.map((word) => code(JSON.stringify(word))).join(", ");
  if (typeof schema.$ref === "string") {
    const name = schema.$ref.slice("#/$defs/".length);
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (Array.isArray(schema.anyOf)) return schema.anyOf.map((one: Schema) => typeOf(one)).join(" or ");
  if (schema.type === "array") return `list of ${typeOf(schema.items as Schema)}`;
  if (schema.additionalProperties) return `${typeOf(schema.additionalProperties as Schema)} by name`;
  return [schema.type].flat().join(" or ");
}

/** A reference without its own description has that of its target. */
function describe({ description, $ref }: Schema): string {
  if (description || typeof $ref !== "string") return description ?? "";
  return OUTPUT_SCHEMA.$defs[$ref.slice("#/$defs/".length)]?.description ?? "";
}
