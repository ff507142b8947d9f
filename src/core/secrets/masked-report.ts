import { Failure } from "../failure/failure.ts";
import { masked, maskedLine, secretsOf } from "./masking.ts";

/*
 * Reports, events and failures as they may leave the program: every text in them without its secrets. What has none is
 * returned as it is, not as a copy.
 */

type Mask = (text: string) => string;

/** An event or a report without secrets. */
export function withoutSecrets<Told extends object>(told: Told): Told {
  return deeplyMasked(told, maskFor(told)) as Told;
}

/** A failure without secrets; the class is kept where nothing had to be masked. */
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

/** What was thrown though nobody expected it, as an error without secrets. */
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
  return isPlain(value) ? maskedFields(value, mask) : value;
}

/** The same list where nothing changes. */
function mapped(list: readonly unknown[], change: (one: unknown) => unknown): readonly unknown[] {
  if (list.length === 0) return list;
  const shown = list.map(change);
  return shown.some((one, index) => one !== list[index]) ? shown : list;
}

/** Told with each of a hundred thousand statements: nothing is allocated where nothing changes. */
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
  // A program that was asked for: a type may well be named "password".
  if (name === "text" && given.type === "types") return value;
  // A caret points into these.
  if (name === "sourceLine") return maskedLine(value, typeof given.sourceBefore === "string" ? given.sourceBefore : "");
  if (name === "internalQuery") return maskedLine(value);
  return name === "sourceBefore" ? undefined : mask(value);
}

/** Steps without a secret: each is told of with each of its statements. */
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
 * A server may quote a piece of a statement where nothing says any more that it is a password:
 * `syntax error at or near "'secret"`. The statement's own secrets are masked there.
 */
function maskFor(told: object): Mask {
  const { place, server, message } = told as Partial<Failure & { message: unknown }>;
  const said = server ?? (typeof message === "object" ? (message as Failure["server"]) : undefined);
  if (!said) return masked;
  const before = place?.sourceBefore ?? "";
  const line = place?.sourceLine ?? "";
  const secrets = new Set([before + line, said.internalQuery ?? "", said.where ?? ""].flatMap(secretsOf));
  const telling = [...secrets].filter((secret) => secret.length >= SHORTEST_QUOTED);
  return telling.length === 0 ? masked : (text) => telling.reduce(withoutQuoted, masked(text));
}

const SHORTEST_QUOTED = 4;

function withoutQuoted(text: string, secret: string): string {
  return text.replaceAll(`'${secret}`, "'***").replaceAll(`"${secret}`, '"***');
}
