/** A PostgreSQL driver for JavaScript; each returns values of some types in its own way. */
export type Driver = "postgres" | "pg" | "bun";

export const DRIVERS: readonly Driver[] = ["postgres", "pg", "bun"];

/** A built-in type in TypeScript, and its zod check. */
export interface Scalar {
  readonly type: string;
  readonly zod: string;
}

/** The types that a driver returns (`gives`) and accepts (`takes`) for a built-in type. */
export interface ScalarPair {
  readonly gives: Scalar;
  readonly takes: Scalar;
}

const STRING: Scalar = { type: "string", zod: "z.string()" };
const NUMBER: Scalar = { type: "number", zod: "z.number()" };
const DATE: Scalar = { type: "Date", zod: "z.date()" };
const BYTES: Scalar = { type: "Uint8Array", zod: "z.instanceof(Uint8Array)" };
const POINT: Scalar = { type: "{ x: number; y: number }", zod: "z.object({ x: z.number(), y: z.number() })" };
const CIRCLE: Scalar = {
  type: "{ x: number; y: number; radius: number }",
  zod: "z.object({ x: z.number(), y: z.number(), radius: z.number() })",
};
const INTERVAL_PARTS = ["years", "months", "days", "hours", "minutes", "seconds", "milliseconds"];
const INTERVAL: Scalar = {
  type: `{ ${INTERVAL_PARTS.map((part) => `${part}?: number`).join("; ")} }`,
  zod: `z.looseObject({ ${INTERVAL_PARTS.map((part) => `${part}: z.number().optional()`).join(", ")} })`,
};

const same = (scalar: Scalar): ScalarPair => ({ gives: scalar, takes: scalar });

const integer = (zod: string): ScalarPair => same({ type: "number", zod });

/** Types that are the same for all drivers. */
const COMMON: Readonly<Record<string, ScalarPair>> = {
  bool: same({ type: "boolean", zod: "z.boolean()" }),
  int2: integer("z.int().min(-32768).max(32767)"),
  int4: integer("z.int32()"),
  oid: integer("z.uint32()"),
  float4: same(NUMBER),
  float8: same(NUMBER),
  int8: {
    gives: { type: "string", zod: "z.string().regex(/^-?\\d+$/)" },
    takes: {
      type: "string | number | bigint",
      zod: "z.union([z.string().regex(/^-?\\d+$/), z.int(), z.bigint()])",
    },
  },
  numeric: { gives: STRING, takes: { type: "string | number", zod: "z.union([z.string(), z.number()])" } },
  uuid: same({ type: "string", zod: "z.guid()" }),
  json: same({ type: "Json", zod: "z.json()" }),
  jsonb: same({ type: "Json", zod: "z.json()" }),
  bytea: same(BYTES),
  void: same({ type: "void", zod: "z.void()" }),
  ...Object.fromEntries(
    ["date", "timestamp", "timestamptz"].map((name) => [
      name,
      { gives: DATE, takes: { type: "Date | string", zod: "z.union([z.date(), z.string()])" } },
    ]),
  ),
};

const OWN: Readonly<Record<Driver, Readonly<Record<string, ScalarPair>>>> = {
  postgres: {},
  pg: {
    point: { gives: POINT, takes: STRING },
    circle: { gives: CIRCLE, takes: STRING },
    interval: { gives: INTERVAL, takes: STRING },
  },
  bun: { xid: same(NUMBER) },
};

/**
 * A built-in type through a driver with its default settings; all other types are text. Measured with pg 8.23, postgres
 * 3.4 and Bun 1.4 against PostgreSQL 18; a test repeats it.
 * @param name pg_type.typname
 */
export function scalarOf(driver: Driver, name: string): ScalarPair {
  return OWN[driver][name] ?? COMMON[name] ?? same(STRING);
}

/** Built-in types whose arrays pg parses; it returns others as SQL text, "{a,b}". */
const PG_ARRAYS = new Set(
  (
    "bool int2 int4 int8 float4 float8 numeric money oid text varchar bpchar uuid date time timetz timestamp " +
    "timestamptz interval json jsonb bytea inet cidr macaddr point numrange"
  ).split(" "),
);

/** How a driver returns and accepts arrays of one type. */
export interface ArrayShape {
  /** True if they are returned as arrays, false for text. */
  readonly parsed: boolean;
  /** The type of the elements, if it differs from the type alone. */
  readonly elements?: Scalar;
  /** A type that may be returned instead of an array. */
  readonly or?: Scalar;
}

/**
 * @param name pg_type.typname of the elements
 * @param builtIn true if the elements' type comes with PostgreSQL
 */
export function arrayOf(driver: Driver, name: string, builtIn: boolean): ArrayShape {
  if (driver === "pg") {
    if (!builtIn || !PG_ARRAYS.has(name)) return { parsed: false };
    return name === "numeric" ? { parsed: true, elements: NUMBER } : { parsed: true };
  }
  if (driver === "bun") {
    if (!builtIn) return { parsed: false };
    const typed = name === "int4" ? "Int32Array" : name === "float4" ? "Float32Array" : undefined;
    // A query with parameters returns these, a query without returns an array.
    return typed ? { parsed: true, or: { type: typed, zod: `z.instanceof(${typed})` } } : { parsed: true };
  }
  return builtIn ? { parsed: true } : { parsed: true, elements: STRING };
}
