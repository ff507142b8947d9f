import { NAME, splitName } from "../diff-sides/names.ts";
import { isCommon, isIdentity, type SchemaSide, type SideEntry } from "../diff-sides/side.ts";
import { type Action, ordered, PHASE } from "./action.ts";
import { columnActions } from "./columns.ts";
import { type Comparison, entryActions } from "./entries.ts";
import { partActions } from "./parts.ts";
import { privilegeActions } from "./privileges.ts";
import { sequenceActions } from "./sequences.ts";
import { tableActions } from "./tables.ts";
import { typeActions } from "./types.ts";

/** The statements that lead from one schema to another, in an order that mostly works. */
export function planDiff(comparison: Comparison): Action[] {
  const { from, to } = comparison;
  const actions = [
    ...languageActions(from, to),
    ...typeActions(from, to, comparison.isOneTransaction === true),
    ...sequenceActions(from, to),
    ...tableActions(from, to),
    ...columnActions(from, to),
    ...partActions(from, to),
    ...entryActions(comparison),
    ...identityRenames(from, to),
    ...privilegeActions(from, to),
  ];
  return ordered(actions.map(settled));
}

/** pg_dump never writes plpgsql, which each new database has. One that was created again, it would write. */
function languageActions(from: SchemaSide, to: SchemaSide): Action[] {
  const [had, has] = [from, to].map(({ objects }) => objects.has("extension plpgsql"));
  return had && !has ? [{ sql: "DROP EXTENSION plpgsql", phase: PHASE.dropExtension, order: 0 }] : [];
}

const CAST_LIST = /\(ARRAY\[((?:'(?:[^']|'')*'::character varying(?:, )?)+)\]\)::text\[\]/g;

/**
 * PostgreSQL prints `a IN ('x', 'y')` of a varchar as a cast of the list, and reads that as casts of its elements. A
 * cast of the list to its own type in between keeps the expression as it is.
 */
function settled(action: Action): Action {
  const { sql, otherwise } = action;
  if (/^CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE) /.test(sql)) return action;
  return {
    ...action,
    sql: plainValues(sql.replace(CAST_LIST, "((ARRAY[$1])::character varying[])::text[]")),
    ...(otherwise && { otherwise: otherwise.map((way) => way.map(settled)) }),
  };
}

const ALIASED = new RegExp(`"\\*VALUES\\*"\\.column\\d+(?: AS ${NAME})?`, "y");

/** PostgreSQL prints VALUES of a UNION as a query of VALUES, and then prints that query with another space. */
function plainValues(sql: string): string {
  let result = sql;
  for (let place = result.indexOf(VALUES_QUERY); place !== -1; place = result.indexOf(VALUES_QUERY, place + 1)) {
    let end = place + "SELECT ".length;
    for (let separator: RegExpExecArray | null = null; ; end += separator[0].length) {
      ALIASED.lastIndex = end;
      end += ALIASED.exec(result)?.[0].length ?? 0;
      separator = /^,\s+/.exec(result.slice(end, end + SPACE));
      if (!separator) break;
    }
    const [from] = /^\s+FROM \((?=VALUES )/.exec(result.slice(end, end + SPACE)) ?? [];
    const last = result.indexOf(VALUES_END, end);
    if (from === undefined || last === -1) continue;
    result = result.slice(0, place) + result.slice(end + from.length, last) + result.slice(last + VALUES_END.length);
  }
  return result;
}

const VALUES_QUERY = 'SELECT "*VALUES*".';
const VALUES_END = ') "*VALUES*"';
/** More than PostgreSQL's indentation between two lines, and FROM. */
const SPACE = 100;

const OF_COLUMN = /^ALTER TABLE (.*) ALTER COLUMN (\S+|"(?:[^"]|"")*") ADD GENERATED/;

/** The sequence of an identity column keeps its name when the table or column is renamed. */
function identityRenames(from: SchemaSide, to: SchemaSide): Action[] {
  const columnOf = ({ statements: [statement = ""] }: SideEntry) =>
    (OF_COLUMN.exec(statement) ?? []).slice(1).join(".");
  const identities = (side: SchemaSide, other: SchemaSide) =>
    [...side.entries.values()].filter(
      (one) => isIdentity(one) && isCommon(from, to, one.within) && !other.entries.has(one.key),
    );
  const before = new Map(identities(from, to).map((one) => [columnOf(one), one]));
  return identities(to, from).flatMap((after) => {
    const old = before.get(columnOf(after));
    if (!old?.identity || !after.identity) return [];
    const sql = `ALTER SEQUENCE ${old.identity} RENAME TO ${splitName(after.identity)[1]}`;
    return [{ sql, phase: PHASE.rename, order: 1 }];
  });
}
