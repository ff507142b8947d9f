import type { FilePlace } from "../failure/failure.ts";
import { advance, START } from "../text/position.ts";

/** Text that may be next to a password. */
const DELICATE = /:\/\/|password|secret|token/i;

/** The place of an offset in a settings file, with its line unless the line may contain a password. */
export function placeAt(path: string, text: string, offset: number): FilePlace {
  const before = text.slice(0, offset).replace(/^\ufeff/, "");
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const [line = ""] = text
    .slice(start)
    .replace(/^\ufeff/, "")
    .split(/\r?\n/, 1);
  return { path, ...advance(START, before), ...(!DELICATE.test(line) && { sourceLine: line }) };
}
