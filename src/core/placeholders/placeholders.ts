import type { Header } from "../migrations/header.ts";
import type { ScanOptions } from "../scanner/statement-scanner.ts";
import { type Placeholder, substituteIn } from "./substitute.ts";

/** Placeholder values by name, ignoring case. A plain string is a value. */
export type GivenPlaceholders = Readonly<Record<string, string | GivenPlaceholder>>;

export interface GivenPlaceholder {
  /** Absent if another source gives it. */
  readonly value?: string;
  /** True: never shown, and in quotes only. Default: true if the name contains "password", "secret" or "token". */
  readonly secret?: boolean;
}

export const PLACEHOLDER_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

const TELLING_NAME = /password|secret|token/;

/** By lower-case name. */
export function placeholdersOf(given: GivenPlaceholders = {}): ReadonlyMap<string, Placeholder> {
  return new Map(
    Object.entries(given).map(([written, one]) => {
      const name = written.toLowerCase();
      const { value, secret = TELLING_NAME.test(name) }: GivenPlaceholder =
        typeof one === "string" ? { value: one } : one;
      return [name, { value, secret }];
    }),
  );
}

/** Merges both: the value of `stronger` wins; secret if either says so. */
export function mergePlaceholders(stronger: GivenPlaceholders, weaker: GivenPlaceholders): GivenPlaceholders {
  const merged = new Map(spelledOut(weaker));
  for (const [name, { value, secret }] of spelledOut(stronger)) {
    const other = merged.get(name);
    const known = value ?? other?.value;
    const given = [secret, other?.secret].filter((one) => one !== undefined);
    merged.set(name, {
      ...(known !== undefined && { value: known }),
      ...(given.length > 0 && { secret: given.includes(true) }),
    });
  }
  return Object.fromEntries(merged);
}

function spelledOut(given: GivenPlaceholders): [name: string, placeholder: GivenPlaceholder][] {
  return Object.entries(given).map(([name, one]) => [
    name.toLowerCase(),
    typeof one === "string" ? { value: one } : one,
  ]);
}

/** The scan options for a file with this header. */
export function placeholdersIn(header: Header, given: GivenPlaceholders | undefined): Pick<ScanOptions, "substitute"> {
  if (!header.placeholders) return {};
  return { substitute: substituteIn(placeholdersOf(given), header.placeholders === "everywhere") };
}

const MASK = "***";

/** Shorter words of a secret reveal too little to be masked. */
const SHORTEST_WORD = 4;

/** Masks the secret values in a text, also as written in quotes, and the words in them: a server may quote one. */
export function secretMask(given: GivenPlaceholders | undefined): ((text: string) => string) | undefined {
  const secrets = [...placeholdersOf(given).values()].flatMap(({ value, secret }) => (secret && value ? [value] : []));
  const spelled = secrets.flatMap((value) => [
    value,
    value.replaceAll("'", "''"),
    value.replaceAll('"', '""'),
    value.replaceAll("\\", "\\\\"),
    value.replaceAll("\\", "\\\\").replaceAll("'", "''"),
    ...(value.match(/[\p{L}\p{N}_]+/gu) ?? []).filter((word) => word.length >= SHORTEST_WORD),
  ]);
  // The longest first, so that no rest remains of a secret that begins with another.
  const texts = [...new Set(spelled)].sort((a, b) => b.length - a.length);
  if (texts.length === 0) return undefined;
  return (text) => texts.reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
}
