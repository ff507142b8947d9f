/**
 * The text of a schema dump without what differs from run to run (versions, psql's key) and what servers before 17 do
 * not know. Only its first and last lines are changed: the lines between are the database's.
 */
export function schemaText(dumped: string): string {
  const endsAt = dumped.lastIndexOf(END);
  const text = endsAt === -1 ? dumped : dumped.slice(0, endsAt);
  const firstObject = text.indexOf(OBJECT);
  const preamble = firstObject === -1 ? text : text.slice(0, firstObject);
  const lines = preamble.split("\n").filter((line) => SETTING.test(line));
  const objects = firstObject === -1 ? "" : text.slice(firstObject);
  return `${lines.join("\n")}\n${objects.trimEnd()}\n`;
}

const END = "\n--\n-- PostgreSQL database dump complete\n--\n";
/** The start of each object's comment. */
const OBJECT = "\n--\n-- Name: ";
/** All but comments, psql's \restrict, and the timeout that came with PostgreSQL 17. */
const SETTING = /^(?:SET (?!transaction_timeout )|SELECT )/;
