import { Failure } from "../failure/failure.ts";

type Rewrite = (hint: string) => string;

/** Fields without hints of pgstep's own: server messages, or values that a hundred thousand events share. */
const LEFT = new Set(["server", "message", "reason", "step"]);

/** A failure with its hint and those of its findings rewritten. */
export function failureWithHints(failure: Failure, rewrite: Rewrite): Failure {
  const { code, message, place, server, cause } = failure;
  const hint = failure.hint === undefined ? undefined : rewrite(failure.hint);
  const findings = listWithHints(failure.findings, rewrite) as Failure["findings"];
  if (hint === failure.hint && findings === failure.findings) return failure;
  return new Failure(code, message, {
    ...(hint !== undefined && { hint }),
    ...(place && { place }),
    ...(server && { server }),
    findings,
    cause,
  });
}

/** An event or a report with every hint rewritten; the same object if nothing changes. */
export function withHints<Value extends object>(value: Value, rewrite: Rewrite): Value {
  return fieldsWithHints(value as Readonly<Record<string, unknown>>, rewrite) as Value;
}

function valueWithHints(value: unknown, rewrite: Rewrite): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Failure) return failureWithHints(value, rewrite);
  if (Array.isArray(value)) return listWithHints(value, rewrite);
  const isPlain = Object.getPrototypeOf(value) === Object.prototype;
  return isPlain ? fieldsWithHints(value as Readonly<Record<string, unknown>>, rewrite) : value;
}

function listWithHints(list: readonly unknown[], rewrite: Rewrite): readonly unknown[] {
  const shown = list.map((one) => valueWithHints(one, rewrite));
  return shown.some((one, index) => one !== list[index]) ? shown : list;
}

function fieldsWithHints(
  given: Readonly<Record<string, unknown>>,
  rewrite: Rewrite,
): Readonly<Record<string, unknown>> {
  let changed: Record<string, unknown> | undefined;
  for (const name in given) {
    const value = given[name];
    if (LEFT.has(name)) continue;
    const shown = name === "hint" && typeof value === "string" ? rewrite(value) : valueWithHints(value, rewrite);
    if (shown === value) continue;
    changed ??= { ...given };
    changed[name] = shown;
  }
  return changed ?? given;
}
