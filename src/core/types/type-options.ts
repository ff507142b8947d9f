import { usage } from "../failure/failure.ts";
import { DRIVERS, type Driver } from "./driver-types.ts";

/** The options for generating types. */
export interface TypeOptions {
  readonly format: TypeFormat;
  readonly driver: Driver;
  /** All schemas except the system's when absent. */
  readonly schemas: readonly string[] | undefined;
  /** Tables and views, with or without their schema; all of them when absent. */
  readonly tables: readonly string[] | undefined;
  readonly overrides: ReadonlyMap<string, string>;
  /** How imports name other generated files: "js", "ts" or "". */
  readonly extension: string;
}

export type TypeFormat = "interfaces" | "kysely" | "zod";

export const TYPE_FORMATS: readonly TypeFormat[] = ["interfaces", "kysely", "zod"];

/** The typed options, parsed. @throws Failure usage */
export function typeOptions(options: ReadonlyMap<string, string>, named: readonly string[]): TypeOptions {
  const format = choice("format", options.get("format") ?? "interfaces", TYPE_FORMATS);
  const tables = [...(words(options.get("table")) ?? []), ...named];
  return {
    format,
    driver: choice("driver", options.get("driver") ?? (format === "kysely" ? "pg" : "postgres"), DRIVERS),
    schemas: words(options.get("schema")),
    tables: tables.length > 0 ? tables : undefined,
    overrides: overrides(options.get("override")),
    extension: extension(options.get("import-extension")),
  };
}

function choice<T extends string>(name: string, typed: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === typed);
  if (found !== undefined) return found;
  throw usage(`Cannot use --${name} ${typed}: there is no such ${name}`, `Choose one of ${allowed.join(", ")}.`);
}

function words(typed: string | undefined): string[] | undefined {
  const found = typed?.split(",").map((word) => word.trim());
  if (found?.includes(""))
    throw usage(`Cannot use "${typed}": a name is empty`, "Write names with a comma between them.");
  return found;
}

/** pg_type.typname of types that have another name in SQL. */
const INTERNAL_NAMES: Readonly<Record<string, string>> = {
  bigint: "int8",
  boolean: "bool",
  decimal: "numeric",
  int: "int4",
  integer: "int4",
  real: "float4",
  smallint: "int2",
};

/** "int8=bigint,users.meta=UserMeta" */
function overrides(typed: string | undefined): Map<string, string> {
  const found = new Map<string, string>();
  if (typed === undefined) return found;
  // A comma inside brackets belongs to the type.
  for (const pair of typed.split(/,(?![^<({[]*[>)}\]])/)) {
    const [name = "", ...rest] = pair.split("=").map((part) => part.trim());
    const type = rest.join("=");
    if (name === "" || /\s/.test(name) || type === "") {
      throw usage(
        `Cannot use --override ${pair}: it is not <name>=<type>`,
        "Write it like --override int8=bigint,users.meta=UserMeta.",
      );
    }
    found.set(INTERNAL_NAMES[name.toLowerCase()] ?? name, type);
  }
  return found;
}

function extension(typed = "js"): string {
  return typed === "none" ? "" : choice("import-extension", typed, ["js", "ts"]);
}
