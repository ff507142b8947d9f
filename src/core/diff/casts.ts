/** Types of numbers, each with what it can hold: all that the ones before it can. */
const WIDTHS = ["smallint", "integer", "bigint", "numeric"];
const TEXTS: ReadonlySet<string> = new Set(["text", "character varying"]);

interface TypeWords {
  readonly base: string;
  /** Its modifiers: [10, 2] for numeric(10,2). */
  readonly modifiers: readonly number[];
}

function typeWords(type: string): TypeWords {
  const [, modifiers = ""] = /\(([\d, ]+)\)/.exec(type) ?? [];
  return {
    base: type.replace(/\([\d, ]+\)/, "").trim(),
    modifiers: modifiers === "" ? [] : modifiers.split(",").map(Number),
  };
}

/**
 * True if changing the type of a column may change values silently, such as rounding them. A cast that fails for some
 * values loses nothing: the statement fails.
 */
export function mayLose(from: string, to: string): boolean {
  const [old, now] = [typeWords(from), typeWords(to)];
  if (old.base === now.base) return isNarrower(old, now);
  // Text that does not fit is refused.
  if (TEXTS.has(now.base) || now.base === "character" || now.base === "jsonb" || now.base === "xml") return false;
  const [narrow, wide] = [WIDTHS.indexOf(old.base), WIDTHS.indexOf(now.base)];
  if (narrow !== -1 && wide !== -1)
    return old.base === "numeric" || (now.base === "numeric" && now.modifiers.length > 0);
  if (old.base === "real" && now.base === "double precision") return false;
  if (old.base === "date" && now.base.startsWith("timestamp")) return false;
  if (TEXTS.has(old.base)) return ["date", "name", "bit", "bit varying"].includes(now.base);
  if (old.base.startsWith("timestamp") && now.base.startsWith("timestamp")) return isNarrower(old, now);
  const isKnown = [old.base, now.base].every((base) =>
    /^(?:smallint|integer|bigint|numeric|real|double|date|time|interval|boolean|money|bit|inet|cidr|macaddr)/.test(
      base,
    ),
  );
  return isKnown;
}

function isNarrower(old: TypeWords, now: TypeWords): boolean {
  if (now.modifiers.length === 0) return false;
  if (now.base === "numeric") {
    const [, oldScale = old.modifiers.length > 0 ? 0 : Number.POSITIVE_INFINITY] = old.modifiers;
    return (now.modifiers[1] ?? 0) < oldScale;
  }
  // Precision of times; lengths of text are checked by the server.
  if (!/^(?:time|interval)/.test(now.base)) return false;
  return (now.modifiers[0] ?? 6) < (old.modifiers[0] ?? 6);
}
