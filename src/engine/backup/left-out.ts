import { type Finding, finding } from "../../core/failure/failure.ts";
import { enumeration } from "../../core/text/display.ts";
import type { Session } from "../../ports/session.ts";
import { jsonAnswer } from "../session/json-answer.ts";
import type { TableInScope } from "./scope.ts";

/** Warns about data and memberships that pgstep's own SQL backup does not include. The search path must be empty. */
export async function leftOut(
  session: Session,
  databaseName: string,
  tables: readonly TableInScope[],
  scope: "all" | "tables",
): Promise<Finding[]> {
  const oids = `'{${tables.map(({ oid }) => oid).join(",")}}'::pg_catalog.oid[]`;
  const [row] =
    await session.query(`SELECT (SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata)::text AS objects,
 (SELECT pg_catalog.json_agg(pg_catalog.format('%s of %I', r.prrelid::pg_catalog.regclass, p.pubname) ORDER BY p.pubname, r.prrelid)
  FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid WHERE r.prrelid = ANY (${oids}))::text AS members`);
  const objects = Number(row?.objects);
  const members = jsonAnswer<string[]>(row?.members ?? "[]", ["list of", "text"]);
  const findings: Finding[] = [];
  if (scope === "all" && objects > 0) {
    findings.push(
      finding("backup-incomplete", {
        message: `The backup of ${databaseName} omits ${objects} large ${objects === 1 ? "object" : "objects"}`,
        hint: session.backend.embedded
          ? "Copy the directory of the embedded database as well, while nothing uses it."
          : "Use pg_dump, which includes them: install PostgreSQL's client programs, or pass --pg-dump <path>.",
      }),
    );
  }
  if (members.length > 0) {
    findings.push(
      finding("backup-incomplete", {
        message: `The backup of ${databaseName} omits which tables are in publications: ${enumeration(members)}`,
        hint: "After a restore, add them again: ALTER PUBLICATION <name> ADD TABLE <table>.",
      }),
    );
  }
  return findings;
}
