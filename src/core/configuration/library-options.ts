import { Failure } from "../failure/failure.ts";
import { duration, type Kind } from "../settings/kinds.ts";
import { SETTING_NAMES, settingOf } from "../settings/table.ts";
import { nearest } from "../text/spelling.ts";

/** Returns a clause that says what is wrong with a value; undefined if nothing is. */
type Check = (value: unknown) => string | undefined;

/** The checks of an options object, by option name. */
export type OptionChecks = Readonly<Record<string, Check>>;

export const ofType =
  (type: "string" | "boolean" | "function" | "object"): Check =>
  (value) =>
    typeof value === type && value !== null ? undefined : `it is not ${ARTICLES[type]}`;

const ARTICLES = { string: "a string", boolean: "a boolean", function: "a function", object: "an object" } as const;

/** A whole number from `least` upward. */
export const wholeFrom =
  (least: number): Check =>
  (value) =>
    Number.isSafeInteger(value) && Number(value) >= least ? undefined : `it is not a whole number from ${least} upward`;

/** For a switch that has no other value. */
export const onlyTrue: Check = (value) => (value === true ? undefined : "it is not true");

const ofKind =
  (kind: Kind): Check =>
  (value) => {
    if (kind === duration) {
      const written = typeof value === "number" && kind.read(duration.show(value));
      return written && "value" in written ? undefined : "it is not a whole number of milliseconds";
    }
    if (typeof value !== kind.json || value === null) return `it is not ${kind.expected}`;
    if (value === "") return "it is empty";
    if (typeof value === "object") return kind.objectProblem?.(value);
    const read = kind.read(String(value));
    return "value" in read ? undefined : read.problem;
  };

/** The settings that are options of the library. */
export const SETTING_CHECKS: OptionChecks = Object.fromEntries(
  SETTING_NAMES.map((name) => [name, settingOf(name)] as const)
    .filter(([, { ofProgram }]) => !ofProgram)
    .map(([name, { kind }]) => [name, ofKind(kind)]),
);

/**
 * Rejects library options that would be ignored silently: an unknown name, a value of the wrong type, and a name whose
 * value is undefined, e.g. because it came from a variable that is not set.
 * @param given as the calling program passes it, whatever its types promise
 * @param of names the options in messages: "MigrationRunner", "rollback"
 * @throws Failure settings, for the first error
 */
export function requireOptions(given: unknown, checks: OptionChecks, of: string): void {
  if (typeof given !== "object" || given === null) {
    throw wrong(`the options of ${of}`, "they are not an object", "Pass an object, or nothing.");
  }
  for (const [name, value] of Object.entries(given)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (!check) {
      const meant = nearest(name, Object.keys(checks));
      const hint = meant ? `Did you mean ${meant}?` : `It takes ${Object.keys(checks).join(", ")}.`;
      throw wrong(`the option ${name}`, `${of} has no such option`, hint);
    }
    if (value === undefined) {
      throw wrong(
        `the option ${name}`,
        "its value is undefined",
        "Set the variable that it comes from, or omit the option.",
      );
    }
    const problem = check(value);
    if (problem) throw wrong(`the option ${name}`, problem, `See the type of ${of}'s options.`);
  }
}

function wrong(what: string, reason: string, hint: string): Failure {
  return new Failure("settings", `Cannot use ${what}: ${reason}`, { hint });
}
