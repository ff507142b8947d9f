import { destroysData } from "../check/destroys-data.ts";
import { named } from "../check/words.ts";
import type { Finding } from "../failure/failure.ts";
import type { CheckRuleId } from "../failure/rules.ts";
import type { Destruction } from "../statements/data-loss.ts";

/** The data that a statement destroys as far as its text shows it: "DROP TABLE on users". */
export function lossWords({ kind, tables, schemas }: Destruction): string {
  const names = [...tables.map(({ schema = "public", name }) => named({ schema, name })), ...schemas];
  return names.length === 0 ? kind : `${kind} on ${names.join(", ")}`;
}

/** The data that the statements of a file destroy as far as their text shows it, as a finding; undefined for none. */
export function lossFinding(path: string, destructions: readonly Destruction[]): Finding | undefined {
  if (destructions.length === 0) return undefined;
  const words = destructions.map(lossWords).join("; ");
  const { id, title } = destroysData;
  return { rule: id as CheckRuleId, severity: "warning", message: `${title}: ${words}`, place: { path } };
}
