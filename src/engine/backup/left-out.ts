import { rolesIn } from "../../core/backup/schema-statements.ts";
import { type Finding, finding } from "../../core/failure/failure.ts";
import { scan } from "../../core/scanner/scan.ts";
import { enumeration } from "../../core/text/display.ts";
import type { Session } from "../../ports/session.ts";
import type { SchemaParts } from "./schema-parts.ts";

/** Warns about large objects and roles, which a backup of the whole database does not include. */
export async function leftOut(
  session: Session,
  databaseName: string,
  { before, after }: SchemaParts,
): Promise<Finding[]> {
  const [row] = await session.query(
    "SELECT (SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata)::text AS objects, current_user::text AS role",
  );
  const objects = Number(row?.objects);
  const roles = rolesIn(statementsOf([before, after])).filter((role) => role !== row?.role);
  const findings: Finding[] = [];
  if (objects > 0) {
    findings.push(
      finding("backup-incomplete", {
        message: `The backup of ${databaseName} omits ${objects} large ${objects === 1 ? "object" : "objects"}`,
        hint: session.backend.embedded
          ? "Copy the directory of the embedded database as well, while nothing uses it."
          : "Use PostgreSQL's own pg_dump, which includes them: --pg-dump <path>.",
      }),
    );
  }
  if (roles.length > 0) {
    findings.push(
      finding("backup-incomplete", {
        message: `The backup of ${databaseName} names roles that it does not include: ${enumeration(roles)}`,
        hint: "Before a restore on another server, create them there; pg_dumpall --roles-only writes the SQL.",
      }),
    );
  }
  return findings;
}

function* statementsOf(texts: readonly string[]): Generator<string> {
  for (const piece of scan(texts)) {
    if (piece.kind === "statement") yield piece.text;
  }
}
