/** Before this version everyone may create objects in the schema public of a new database. As `Backend` has it. */
const CLOSED_SINCE = 150_000;

/** The privileges of everyone on the schema public of a new database. @param serverVersion as `Backend` has it */
export function initialPrivileges(serverVersion: number): readonly string[] {
  return serverVersion < CLOSED_SINCE ? ["USAGE", "CREATE"] : ["USAGE"];
}
