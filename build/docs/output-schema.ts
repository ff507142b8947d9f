import { EVENTS } from "../../src/adapters/json-report/events.ts";
import { ref, type Schema } from "../../src/adapters/json-report/kinds.ts";
import { RESULTS } from "../../src/adapters/json-report/results.ts";
import { VALUES } from "../../src/adapters/json-report/values.ts";

type Schemas = Readonly<Record<string, Schema>>;

/** The JSON Schema of a line that --json prints. */
export const OUTPUT_SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "urn:pgstep:output:1",
  title: "A line that pgstep prints with --json",
  oneOf: [...Object.keys(EVENTS), ...Object.keys(RESULTS)].map((name) => ref(name)),
  $defs: { ...EVENTS, ...RESULTS, ...VALUES } as Schemas,
};

export function outputSchema(): string {
  return `${JSON.stringify(OUTPUT_SCHEMA, null, 2)}\n`;
}
