import { scan } from "../scanner/scan.ts";
import { localSettings } from "./dump-entries.ts";

/** A section of pg_dump's text for the middle of a transaction, whose settings the backup makes itself. */
export function sectionText(text: string): string {
  let isInObjects = false;
  let kept = "";
  for (const piece of scan([text])) {
    if (piece.kind === "blank") isInObjects ||= piece.text.includes("\n-- Name: ");
    const isSetting = piece.kind === "statement" && piece.text.startsWith("SET default_");
    if (isSetting) kept += `${localSettings(piece.text)}\n`;
    else if (isInObjects) kept += piece.text;
  }
  return kept.trim() === "" ? "" : `${kept.trimEnd()}\n`;
}

/** The roles that the statements name as owners and in privileges, without quotes. */
export function rolesIn(statements: Iterable<string>): string[] {
  const roles = new Set<string>();
  for (const statement of statements) {
    const role = ownerIn(statement) ?? granteeIn(statement);
    if (role !== undefined && role !== "PUBLIC") roles.add(role);
  }
  return [...roles].sort();
}

/** The new owner in an ALTER ... OWNER TO, without quotes; undefined for other statements. */
export function ownerIn(statement: string): string | undefined {
  const at = statement.lastIndexOf(OWNER_TO);
  if (!statement.startsWith("ALTER ") || at === -1) return undefined;
  return roleName(statement.slice(at + OWNER_TO.length));
}

function granteeIn(statement: string): string | undefined {
  const at = statement.lastIndexOf(" TO ");
  if (!statement.startsWith("GRANT ") || at === -1) return undefined;
  return roleName(statement.slice(at + " TO ".length).replace(" WITH GRANT OPTION;", ";"));
}

/** The name before a semicolon, if there is nothing else. */
function roleName(text: string): string | undefined {
  const [, quoted, plain] = /^(?:"((?:[^"]|"")+)"|([^"\s';]+));$/.exec(text) ?? [];
  return plain ?? quoted?.replaceAll('""', '"');
}

const OWNER_TO = " OWNER TO ";

/** The kinds of statements that a restore can do without: the objects and the rows are the same. */
export type Dispensable = "owner" | "privilege" | "other";

/** The kind of a statement that changes no object and no row: undefined for one that a restore needs. */
export function dispensable(statement: string): Dispensable | undefined {
  if (ownerIn(statement) !== undefined) return "owner";
  if (PRIVILEGES.some((words) => statement.startsWith(words))) return "privilege";
  return OTHERS.some((words) => statement.startsWith(words)) ? "other" : undefined;
}

/** Only some roles may run these: mostly superusers. */
const OTHERS = [
  "COMMENT ON EXTENSION ",
  "COMMENT ON SCHEMA public ",
  "CREATE EVENT TRIGGER ",
  "ALTER EVENT TRIGGER ",
  "CREATE PUBLICATION ",
  "ALTER PUBLICATION ",
  "CREATE SUBSCRIPTION ",
  "ALTER SUBSCRIPTION ",
];

const PRIVILEGES = [
  "GRANT ",
  "REVOKE ",
  "ALTER DEFAULT PRIVILEGES ",
  "SET SESSION AUTHORIZATION ",
  "RESET SESSION AUTHORIZATION",
];
