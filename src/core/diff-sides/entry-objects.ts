import type { ObjectKey, SchemaObject } from "../catalog/schema-object.ts";
import { NAME, plainName, QUALIFIED_NAME, splitName } from "./names.ts";
import { commented, type IdentifiedEntry, isIdentity, partOf } from "./side.ts";

/** An object in the words of the model, and the name of the object that contains it. */
export type Placed = ObjectKey & Pick<SchemaObject, "within">;

const OWNER = new RegExp(` OWNED BY (${QUALIFIED_NAME})\\.${NAME};?$`);
const OF_IDENTITY = new RegExp(`^ALTER TABLE (?:ONLY )?(${QUALIFIED_NAME}) ALTER COLUMN (${NAME}) `);
const ATTACHED = new RegExp(` ATTACH PARTITION (${QUALIFIED_NAME});?$`);
const IN_SCHEMA = new RegExp(` IN SCHEMA (${NAME}) `);
const OF_COLUMN = new RegExp(`^COLUMN (${QUALIFIED_NAME})\\.(${NAME})$`);

/** Kinds of the model that pg_dump names in other words. */
const KINDS: Readonly<Record<string, string>> = {
  STATISTICS: "statistics object",
  "FOREIGN DATA WRAPPER": "foreign-data wrapper",
  "PROCEDURAL LANGUAGE": "language",
};

const PARTS: ReadonlySet<string> = new Set([
  ...["CONSTRAINT", "CHECK CONSTRAINT", "FK CONSTRAINT"],
  ...["INDEX", "TRIGGER", "RULE", "POLICY"],
]);

/** Finds the objects that the entries of one text of pg_dump belong to. */
export class EntryObjects {
  readonly #byId = new Map<number, IdentifiedEntry>();
  /** The tables of indexes and of serial columns' sequences. */
  readonly #tables = new Map<string, string>();

  constructor(entries: Iterable<IdentifiedEntry>) {
    for (const entry of entries) {
      const { id, type, identity, within, statements } = entry;
      if (!this.#byId.has(id)) this.#byId.set(id, entry);
      const [, owner] = type === "SEQUENCE OWNED BY" ? (OWNER.exec(statements[0] ?? "") ?? []) : [];
      if (owner !== undefined && within !== undefined) this.#tables.set(within, owner);
      if (type === "INDEX" && identity !== undefined && within !== undefined) this.#tables.set(identity, within);
      if (type === "CONSTRAINT" && within !== undefined) {
        const plain = partOf(entry).name.slice(within.length + 1);
        this.#tables.set(`${splitName(within)[0]}.${plain}`, within);
      }
    }
  }

  /** The objects without which the entry would not be there; the first is the one that it creates or changes. */
  of(entry: IdentifiedEntry): Placed[] {
    const { type, identity, within, statements } = entry;
    const [statement = ""] = statements;
    if (PARTS.has(type) && within !== undefined) return [{ ...partOf(entry), within }];
    switch (type) {
      case "DEFAULT":
        return identity === undefined ? [] : [columnOf(identity.slice("for ".length))];
      case "TABLE ATTACH":
      case "ROW SECURITY":
        return within === undefined ? [] : [top("table", within)];
      case "SEQUENCE OWNED BY":
        return within === undefined ? [] : [this.#sequence(within)];
      case "SEQUENCE":
        return identity === undefined ? [] : [identityColumn(entry) ?? this.#sequence(identity)];
      case "INDEX ATTACH":
        return this.#attached(ATTACHED.exec(statement)?.[1]);
      case "PUBLICATION TABLE":
        return published("table", identity);
      case "PUBLICATION TABLES IN SCHEMA":
        return published("schema", identity);
      case "COMMENT":
        return this.#commented(entry);
      case "DEFAULT ACL": {
        const [, schema] = IN_SCHEMA.exec(statement) ?? [];
        return schema === undefined ? [] : [top("schema", schema)];
      }
      case "ACL":
        return this.#needed(entry);
      default:
        return identity === undefined ? [] : [{ kind: kindOf(entry), name: identity, within: within ?? null }];
    }
  }

  #sequence(name: string): Placed {
    return { kind: "sequence", name, within: this.#tables.get(name) ?? null };
  }

  #attached(index: string | undefined): Placed[] {
    const table = index === undefined ? undefined : this.#tables.get(index);
    if (index === undefined || table === undefined) return [];
    return [{ kind: "index", name: `${table}.${plainName(index)}`, within: table }];
  }

  #commented(entry: IdentifiedEntry): Placed[] {
    const [, table, column] = OF_COLUMN.exec(commented(entry.statements[0] ?? "")) ?? [];
    if (table !== undefined && column !== undefined) {
      const name = `${table}.${column}`;
      return [{ kind: "comment", name: `on table column ${name}`, within: table }, columnOf(name)];
    }
    return entry.needs.flatMap((id) => {
      const needed = this.#byId.get(id);
      const objects = needed ? this.of(needed) : [];
      const [first] = objects;
      if (!needed || !first) return [];
      const name = `on ${needed.kind} ${needed.identity}`;
      return [{ kind: "comment", name, within: first.within ?? first.name }, ...objects];
    });
  }

  #needed({ needs }: IdentifiedEntry): Placed[] {
    return needs.flatMap((id) => {
      const needed = this.#byId.get(id);
      return needed && needed.type !== "ACL" ? this.of(needed) : [];
    });
  }
}

function top(kind: string, name: string): Placed {
  return { kind, name, within: null };
}

function columnOf(name: string): Placed {
  return { kind: "column", name, within: splitName(name)[0] };
}

/** The column of an identity's sequence, which pg_dump writes as a change of the table. */
function identityColumn(entry: IdentifiedEntry): Placed | undefined {
  const [, table, column] = isIdentity(entry) ? (OF_IDENTITY.exec(entry.statements[0] ?? "") ?? []) : [];
  return table === undefined || column === undefined ? undefined : columnOf(`${table}.${column}`);
}

function published(kind: string, identity: string | undefined): Placed[] {
  const middle = " in publication ";
  const at = identity?.lastIndexOf(middle) ?? -1;
  if (identity === undefined || at === -1) return [];
  return [top(kind, identity.slice(0, at)), top("publication", identity.slice(at + middle.length))];
}

function kindOf({ type, statements: [statement = ""] }: IdentifiedEntry): string {
  if (type !== "TYPE") return KINDS[type] ?? type.toLowerCase();
  const [, more] = /^CREATE TYPE \S+ AS (ENUM|RANGE|\()/.exec(statement) ?? [];
  return more === undefined ? "type" : more === "(" ? "composite type" : more.toLowerCase();
}
