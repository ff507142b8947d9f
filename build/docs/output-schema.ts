import { EVENTS } from "./output-events.ts";
import { RESULTS } from "./output-results.ts";
import { VALUES } from "./output-values.ts";
import { ref } from "./schema-parts.ts";

/** The JSON Schema of a line that --json prints. */
export const OUTPUT_SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "urn:pgstep:output:1",
  title: "A line that pgstep prints with --json",
  oneOf: [...Object.keys(EVENTS), ...Object.keys(RESULTS)].map((name) => ref(name)),
  $defs: { ...EVENTS, ...RESULTS, ...VALUES },
};

export function outputSchema(): string {
  return `${JSON.stringify(OUTPUT_SCHEMA, null, 2)}\n`;
}
