import { scan } from "../scanner/scan.ts";

/** The statements of one entry of pg_dump's text, and the object that they create or change. */
export interface DumpEntry {
  /** pg_dump's number of the entry; 0 for settings between entries. */
  readonly id: number;
  /** The catalog and the oid of the object; "0" for an entry that belongs to another one. */
  readonly catalog: string;
  readonly oid: string;
  /** The entries that this one needs, where the entry has no object of its own. */
  readonly needs: readonly number[];
  readonly name: string;
  /** In pg_dump's words: "TABLE", "FK CONSTRAINT", "COMMENT". */
  readonly type: string;
  readonly schema: string;
  readonly statements: readonly string[];
}

const SETTINGS = { id: 0, catalog: "0", oid: "0", needs: [], name: "", type: "SET", schema: "" };

/** The entries of a text of pg_dump --verbose, in order. Comments in a function's body are no entries. */
export function dumpEntries(text: string): DumpEntry[] {
  const entries: (DumpEntry & { readonly statements: string[] })[] = [];
  let heading: Omit<DumpEntry, "statements"> = SETTINGS;
  for (const piece of scan([text])) {
    if (piece.kind === "blank") heading = headingIn(piece.text) ?? heading;
    if (piece.kind !== "statement") continue;
    const isSetting = piece.text.startsWith("SET default_");
    // The backup makes the other settings itself.
    if (heading.id === 0 && !isSetting) continue;
    const last = entries.at(-1);
    if (!isSetting && last && last.id === heading.id && last.type !== SETTINGS.type) last.statements.push(piece.text);
    else entries.push({ ...(isSetting ? SETTINGS : heading), statements: [piece.text] });
  }
  return entries;
}

const NUMBER = /^-- TOC entry (\d+) \(class (\d+) OID (\d+)\)$/;

/** The last heading in the comments between two statements. */
function headingIn(comments: string): Omit<DumpEntry, "statements"> | undefined {
  if (!comments.includes("-- TOC entry ")) return undefined;
  let heading: Omit<DumpEntry, "statements"> | undefined;
  for (const line of comments.split("\n")) {
    const [, id, catalog, oid] = NUMBER.exec(line) ?? [];
    if (id && catalog && oid) heading = { ...SETTINGS, id: Number(id), catalog, oid };
    else if (heading && line.startsWith("-- Dependencies: ")) {
      heading = { ...heading, needs: line.slice("-- Dependencies: ".length).split(" ").map(Number) };
    } else if (heading && line.startsWith("-- Name: ")) heading = { ...heading, ...named(line) };
  }
  return heading;
}

/** A name may contain the words that separate the parts; its type and owner do not. */
function named(line: string): Pick<DumpEntry, "name" | "type" | "schema"> {
  const [type, schema, owner] = ["; Type: ", "; Schema: ", "; Owner: "].map((word) => line.lastIndexOf(word)) as [
    number,
    number,
    number,
  ];
  return {
    name: line.slice("-- Name: ".length, type),
    type: line.slice(type + "; Type: ".length, schema),
    schema: line.slice(schema + "; Schema: ".length, owner === -1 ? undefined : owner),
  };
}

/** pg_dump's settings for the rest of the transaction only: psql's session continues after it. */
export function localSettings(statement: string): string {
  return statement.startsWith("SET default_") ? statement.replace("SET ", "SET LOCAL ") : statement;
}
