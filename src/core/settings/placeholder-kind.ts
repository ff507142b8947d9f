import {
  type GivenPlaceholders,
  mergePlaceholders,
  PLACEHOLDER_NAME,
  placeholdersOf,
} from "../placeholders/placeholders.ts";
import type { Kind } from "./kinds.ts";

const SECOND = /,(?=[A-Za-z_][A-Za-z0-9_]*=)/;
const MASK = "***";

/** `name=value,other=value`, where a comma not followed by a name and = is part of the value; in JSON, an object. */
export const placeholderValues: Kind<GivenPlaceholders> = {
  placeholder: "name=value,...",
  json: "object",
  expected: "an object of names and values",
  hint: 'Write --set name=value,other=value; in a file { "name": "value", "other": { "value": "...", "secret": true } }.',
  schema: {
    propertyNames: { pattern: PLACEHOLDER_NAME.source },
    additionalProperties: {
      anyOf: [
        { type: "string" },
        {
          type: "object",
          additionalProperties: false,
          properties: { value: { type: "string" }, secret: { type: "boolean" } },
        },
      ],
    },
  },
  objectProblem: (given) => problemOf(fromPairs(Object.entries(given))),
  read: (written) => (written.startsWith("{") ? fromObject(written) : fromList(written)),
  show: (given) =>
    [...placeholdersOf(given)].map(([name, { value, secret }]) => `${name}=${secret ? MASK : (value ?? "")}`).join(","),
  merge: mergePlaceholders,
};

function problemOf(read: Read): string | undefined {
  return "problem" in read ? read.problem : undefined;
}

type Read = ReturnType<Kind<GivenPlaceholders>["read"]>;

function fromList(text: string): Read {
  const pairs = text.split(SECOND).map((pair): readonly [string, string] => {
    const at = pair.indexOf("=");
    return at === -1 ? ["", ""] : [pair.slice(0, at), pair.slice(at + 1)];
  });
  return fromPairs(pairs);
}

function fromObject(text: string): Read {
  try {
    return fromPairs(Object.entries(JSON.parse(text) as object));
  } catch {
    return { problem: "it is not JSON" };
  }
}

function fromPairs(pairs: readonly (readonly [name: string, value: unknown])[]): Read {
  const known = new Set<string>();
  for (const [name, value] of pairs) {
    if (!PLACEHOLDER_NAME.test(name))
      return { problem: "a name of letters, digits and underscores is missing before an =" };
    if (known.has(name.toLowerCase())) return { problem: `the name ${name} appears twice` };
    known.add(name.toLowerCase());
    if (!isGiven(value))
      return { problem: `the value of ${name} is neither a string nor { "value": "...", "secret": true }` };
  }
  return { value: Object.fromEntries(pairs) as GivenPlaceholders };
}

function isGiven(value: unknown): boolean {
  if (typeof value === "string") return true;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([key, part]) => (key === "value" && typeof part === "string") || (key === "secret" && typeof part === "boolean"),
  );
}
