import type { Source } from "../../engine/diff/sources.ts";
import { readIgnored } from "../../engine/drift/surroundings.ts";
import type { Database } from "../../ports/session.ts";
import { driftOptions } from "./drift-options.ts";
import type { Environment } from "./environment.ts";

/** The schema of a database, without what drift ignores there. @throws those of connecting */
export async function databaseSource(
  environment: Environment,
  database: Database,
): Promise<Extract<Source, { kind: "database" }>> {
  const { ignore = [] } = driftOptions(environment);
  const ignored = await readIgnored({ ...environment.context, database }, ignore);
  return { kind: "database", name: database.description, database, ignored };
}
