import { Failure } from "../failure/failure.ts";
import { masked, maskedLine, secretsOf } from "./masking.ts";

/*
 * Masks the secrets in reports, events and failures before they leave the program. A value without secrets is returned
 * as it is, not as a copy.
 */

type Mask = (text: string) => string;

/** Masks an event or a report. */
export function withoutSecrets<Value extends object>(value: Value): Value {
  return deeplyMasked(value, maskFor(value)) as Value;
}

/** Masks a failure; keeps its class if nothing had to be masked. */
export function maskedFailure(failure: Failure): Failure {
  const mask = maskFor(failure);
  const { code, message, hint, place, server, findings, cause } = failure;
  const given = { message, hint, place, server, findings };
  const shown = deeplyMasked(given, mask) as typeof given;
  if (shown === given) return failure;
  return new Failure(code, shown.message, {
    ...(shown.hint !== undefined && { hint: shown.hint }),
    ...(shown.place && { place: shown.place }),
    ...(shown.server && { server: shown.server }),
    findings: shown.findings,
    cause,
  });
}

/** Masks an unexpected error. */
export function maskedError(error: unknown): unknown {
  if (!(error instanceof Error)) return masked(String(error));
  const shown = new Error(masked(error.message));
  shown.name = error.name;
  shown.stack = masked(error.stack ?? error.message);
  return shown;
}

function deeplyMasked(value: unknown, mask: Mask): unknown {
  if (typeof value === "string") return mask(value);
  if (Array.isArray(value)) return mapped(value, (one) => deeplyMasked(one, mask));
  if (value instanceof Failure) return maskedFailure(value);
  if (!isPlain(value)) return value;
  if (!isFinding(value)) return maskedFields(value, mask);
  const own = maskFor(value);
  return maskedFields(value, (text) => own(mask(text)));
}

/** A finding has its own place, whose secrets its message may quote. */
function isFinding(value: Readonly<Record<string, unknown>>): boolean {
  return "rule" in value && isPlain(value.place);
}

/** Returns the same list if nothing changes. */
function mapped(list: readonly unknown[], change: (one: unknown) => unknown): readonly unknown[] {
  if (list.length === 0) return list;
  const shown = list.map(change);
  return shown.some((one, index) => one !== list[index]) ? shown : list;
}

/** Called for each of a hundred thousand statements: allocates nothing if nothing changes. */
function maskedFields(given: Readonly<Record<string, unknown>>, mask: Mask): Readonly<Record<string, unknown>> {
  let changed: Record<string, unknown> | undefined;
  for (const name in given) {
    const value = given[name];
    if (typeof value !== "string" && (typeof value !== "object" || value === null)) continue;
    const shown = fieldMasked(name, value, given, mask);
    if (shown === value) continue;
    changed ??= { ...given };
    changed[name] = shown;
  }
  if (changed === undefined) return given;
  const { sourceBefore: _, ...shown } = changed;
  return shown;
}

function fieldMasked(name: string, value: unknown, given: Readonly<Record<string, unknown>>, mask: Mask): unknown {
  if (name === "step" && isPlain(value)) return maskedStep(value, mask);
  if (typeof value !== "string") return deeplyMasked(value, mask);
  // Generated program text: a type or a column may well be named "password".
  if (name === "text" && (given.type === "types" || given.type === "dump")) return value;
  // A caret points into these.
  if (name === "sourceLine") return maskedLine(value, typeof given.sourceBefore === "string" ? given.sourceBefore : "");
  if (name === "internalQuery") return maskedLine(value);
  return name === "sourceBefore" ? undefined : mask(value);
}

/** Steps without a secret: the same step comes with each of its statements. */
const harmlessSteps = new WeakSet<object>();

function maskedStep(step: Readonly<Record<string, unknown>>, mask: Mask): unknown {
  if (harmlessSteps.has(step)) return step;
  const shown = maskedFields(step, mask);
  if (shown === step) harmlessSteps.add(step);
  return shown;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * PostgreSQL may quote a part of a statement that no longer looks like a password: `syntax error at or near "'secret"`.
 * So the statement's own secrets are masked there as well.
 */
function maskFor(value: object): Mask {
  const { place, server, message } = value as Partial<Failure & { message: unknown }>;
  const said = server ?? (typeof message === "object" ? (message as Failure["server"]) : undefined);
  if (!said && !("rule" in value)) return masked;
  const before = place?.sourceBefore ?? "";
  const line = place?.sourceLine ?? "";
  const secrets = new Set([before + line, said?.internalQuery ?? "", said?.where ?? ""].flatMap(secretsOf));
  const telling = [...secrets].filter((secret) => secret.length >= SHORTEST_QUOTED);
  return telling.length === 0 ? masked : (text) => telling.reduce(withoutQuoted, masked(text));
}

const SHORTEST_QUOTED = 4;

function withoutQuoted(text: string, secret: string): string {
  return text.replaceAll(`'${secret}`, "'***").replaceAll(`"${secret}`, '"***');
}
