import { scan } from "../../core/scanner/scan.ts";

/**
 * The text of a schema dump without what differs from run to run (versions, psql's key) and what servers before 17 do
 * not know. Only its first and last lines are changed: the lines between are the database's.
 */
export function schemaText(dumped: string): string {
  const endsAt = dumped.lastIndexOf(END);
  const text = endsAt === -1 ? dumped : dumped.slice(0, endsAt);
  const firstObject = text.search(OBJECT);
  const preamble = firstObject === -1 ? text : text.slice(0, firstObject);
  const lines = preamble.split("\n").filter((line) => SETTING.test(line));
  const objects = firstObject === -1 ? "" : text.slice(firstObject).replace(PUBLIC, "");
  return withoutStamps(`${lines.join("\n")}\n${objects.trimEnd()}\n`);
}

/** Without the column option pg_attver, which Debian's PostgreSQL sets again at each change of a table. */
function withoutStamps(text: string): string {
  if (!text.includes(STAMP)) return text;
  let kept = "";
  let isDropped = false;
  for (const piece of scan([text])) {
    if (piece.kind === "statement") {
      const statement = withoutStamp(piece.text);
      isDropped = statement === "";
      kept += statement;
    } else {
      // Its line goes as well.
      kept += isDropped ? piece.text.replace("\n", "") : piece.text;
      isDropped = false;
    }
  }
  return kept;
}

/** The statement without the option; empty if the statement sets nothing else. */
function withoutStamp(statement: string): string {
  const start = statement.lastIndexOf(" SET (");
  if (!statement.startsWith("ALTER TABLE ONLY ") || start === -1 || !statement.endsWith(");")) return statement;
  const set = statement.slice(start + " SET (".length, -");".length).split(", ");
  const others = set.filter((one) => !one.startsWith(STAMP));
  if (others.length === set.length) return statement;
  return others.length === 0 ? "" : `${statement.slice(0, start)} SET (${others.join(", ")});`;
}

const STAMP = "pg_attver=";

/** What pg_dump writes for a schema public that another role owns, when it writes no owners. */
const PUBLIC = `
--
-- Name: public; Type: SCHEMA; Schema: -; Owner: -
--

-- *not* creating schema, since initdb creates it

`;

const END = "\n--\n-- PostgreSQL database dump complete\n--\n";
/** The start of each object's comment; the second form names the row of the catalog. */
const OBJECT = /\n--\n-- (?:Name: |TOC entry )/;
/** All but comments, psql's \restrict, and the timeout that came with PostgreSQL 17. */
const SETTING = /^(?:SET (?!transaction_timeout )|SELECT )/;
