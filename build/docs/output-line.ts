import { FORMAT_VERSION } from "../../src/adapters/json-report/shapes.ts";
import { object, only, type Schema, string } from "./schema-parts.ts";

const FORMAT = only("The version of this format.", FORMAT_VERSION);

const TIME = string("When it was written, UTC in ISO 8601; only in the file of --log-file, where it comes first.", {
  pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$",
});

/** A line of the output. */
export function line(type: string, description: string, fields: Readonly<Record<string, Schema>>): Schema {
  const all = { type: only("What the line tells.", type), format: FORMAT, ...fields, time: TIME };
  return object(description, all, ["time"]);
}
