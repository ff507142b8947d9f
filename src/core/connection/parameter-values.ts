import { Failure } from "../failure/failure.ts";
import type { ConnectionParameters } from "./parameters.ts";

/** The value of a parameter; undefined if it is missing or empty. */
export function textValue(parameters: ConnectionParameters, name: string): string | undefined {
  return parameters.get(name)?.value || undefined;
}

/**
 * The value of a parameter that is a whole number.
 * @throws Failure settings if it is not a number, or out of range
 */
export function wholeNumber(
  parameters: ConnectionParameters,
  name: string,
  range: { readonly least: number; readonly most: number; readonly otherwise: number },
): number {
  const text = textValue(parameters, name)?.trim();
  if (text === undefined) return range.otherwise;
  const number = Number(text);
  if (/^-?[0-9]+$/.test(text) && number >= range.least && number <= range.most) return number;
  throw malformed(parameters, name, `${name} is a whole number from ${range.least} to ${range.most}`);
}

/**
 * The value of a parameter that must be one of `choices`; case-sensitive.
 * @throws Failure settings for another value
 */
export function chosen<Choice extends string>(
  parameters: ConnectionParameters,
  name: string,
  choices: readonly Choice[],
  otherwise: Choice,
): Choice {
  const text = textValue(parameters, name);
  if (text === undefined) return otherwise;
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw malformed(parameters, name, `${name}=${text} is not supported`, `Write one of: ${choices.join(", ")}.`);
}

/** The failure for an invalid value; names where it was given. */
export function malformed(parameters: ConnectionParameters, name: string, what: string, hint?: string): Failure {
  const source = parameters.get(name)?.source ?? "the settings";
  return new Failure("settings", `Cannot use the connection settings from ${source}: ${what}`, {
    hint: hint ?? `Correct ${name} there.`,
  });
}

/** The failure for two values that exclude each other. */
export function contradiction(one: string, other: string, hint: string): Failure {
  return new Failure("settings", `Cannot use the connection settings: ${one} and ${other} contradict each other`, {
    hint,
  });
}
