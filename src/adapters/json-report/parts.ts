import type { FilePlace, Finding } from "../../core/failure/failure.ts";
import type { UsedStandIn } from "../../core/stand-ins/used-stand-in.ts";
import type { Position } from "../../core/text/position.ts";

/* Parts of several lines. */

export function jsonStandIn({ extension, path }: UsedStandIn) {
  return { extension: extension ?? null, path: path ?? null };
}

export function jsonFinding(finding: Finding) {
  return { ...fields(finding, "rule", "severity", "message", "hint"), place: orNull(finding.place, jsonPlace) };
}

/** With what a rule of check adds. */
export function jsonCheckFinding(one: Finding) {
  return { ...jsonFinding(one), end: endOf(one), ...fields(one, "why", "recipe") };
}

/** The end of the line, if nothing more is known. */
function endOf({ end, place }: Finding): Position | null {
  if (end) return { line: end.line, column: end.column };
  const { line, sourceLine } = place ?? {};
  return line === undefined || sourceLine === undefined ? null : { line, column: [...sourceLine].length + 1 };
}

export const jsonPlace = (place: FilePlace) => fields(place, "path", "line", "column", "sourceLine");

export type OrNull<Value> = undefined extends Value ? Exclude<Value, undefined> | null : Value;

export function orNull<Value, Json>(value: Value | undefined, convert: (value: Value) => Json): Json | null {
  return value === undefined ? null : convert(value);
}

/** These fields in that order, null for missing ones. A loop, since a file may have a million statements. */
export function fields<Value, Name extends keyof Value>(value: Value, ...names: readonly Name[]) {
  const json: { [One in Name]?: unknown } = {};
  for (const name of names) json[name] = value[name] ?? null;
  return json as { readonly [One in Name]-?: OrNull<Value[One]> };
}
