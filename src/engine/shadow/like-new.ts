import type { Session } from "../../ports/session.ts";
import { initialPrivileges } from "../catalog/schema-public.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";

/**
 * Gives everyone the privileges on schema public of a shadow database that a new database of another server gives. Does
 * nothing without that schema.
 * @param serverVersion of the other server, as `Backend` has it
 * @throws Failure of the server and of connecting
 */
export async function makeLikeNew({ database, signal }: DatabaseContext, serverVersion: number): Promise<void> {
  const work = async (session: Session) => {
    const [here, there] = [session.backend.serverVersion, serverVersion].map(mayCreate);
    if (here === there) return;
    const change = there ? "GRANT CREATE ON SCHEMA public TO PUBLIC" : "REVOKE CREATE ON SCHEMA public FROM PUBLIC";
    await session.execute(`DO $$ BEGIN IF to_regnamespace('public') IS NOT NULL THEN ${change}; END IF; END $$`);
  };
  await withSession(database, "prepare", work, signal);
}

/** True if everyone may create objects in schema public of a new database. @param serverVersion as `Backend` has it */
export function mayCreate(serverVersion: number): boolean {
  return initialPrivileges(serverVersion).includes("CREATE");
}
