import { createHash } from "node:crypto";
import { normalQuery, type ParseSql } from "./normal-query.ts";
import { type Facts, keyOf, type ObjectFacts, type SchemaObject } from "./schema-object.ts";

/** Changes whenever equal schemas get other fingerprints. */
const FORMAT = 1;

/**
 * The fingerprint of a schema: the format's version, and the SHA-256 of all objects. Two schemas have the same one if
 * their objects are equal, in whatever order they come.
 */
export function fingerprint(objects: readonly SchemaObject[]): string {
  const lines = objects.map((object) => `${keyOf(object)}\t${object.digest}\n`).sort();
  return `${FORMAT}:${createHash("sha256").update(lines.join("")).digest("hex")}`;
}

/** True if a fingerprint can be compared with one of today. */
export function sameFormat(recorded: string): boolean {
  return recorded.startsWith(`${FORMAT}:`);
}

/** Kinds whose facts contain a query that versions of PostgreSQL spell differently. */
const WITH_QUERIES: ReadonlySet<string> = new Set(["view", "materialized view", "rule"]);

/** True if servers may spell the same object differently, so that its facts decide and not its digest. */
export function needsNormalForm({ kind }: Pick<SchemaObject, "kind">): boolean {
  return WITH_QUERIES.has(kind);
}

/** True if two objects of the same key are equal. @param parse needed if they come from servers of different versions */
export function sameFacts(left: ObjectFacts, right: ObjectFacts, parse?: ParseSql): boolean {
  return canonical(left, parse) === canonical(right, parse);
}

/** The digest of the facts in their normal form, for a schema of one server that is compared with that of another. */
export function portableDigest(object: ObjectFacts, parse: ParseSql): string {
  return createHash("sha256").update(canonical(object, parse)).digest("base64");
}

/** The facts as JSON text: equal for equal facts. */
function canonical({ kind, facts }: ObjectFacts, parse: ParseSql | undefined): string {
  if (!parse || !WITH_QUERIES.has(kind)) return sortedJson(facts);
  const field = kind === "rule" ? "definition" : "query";
  return sortedJson({ ...facts, [field]: parsed(facts, field, parse) as Facts });
}

/** A text that the parser does not accept stays as it is: a newer server may know more. */
function parsed(facts: Facts, field: string, parse: ParseSql): unknown {
  const text = String(facts[field]);
  try {
    return normalQuery(parse(text));
  } catch {
    return text;
  }
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)))
      : part,
  );
}
