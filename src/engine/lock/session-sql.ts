import type { Settings } from "../../core/configuration/settings.ts";
import { secretMask } from "../../core/placeholders/placeholders.ts";
import type { Blocker } from "../../core/reports/other-sessions.ts";
import { maskedBeginning } from "../../core/secrets/masking.ts";
import { isoText } from "../history/history-table.ts";
import type { Shape } from "../session/json-answer.ts";

/* Other sessions as JSON, and their queries as they may be shown. */

const LONGEST_QUERY = 120;

/** Of a `Blocker`. */
export const BLOCKER = {
  ...{ pid: "number?", preparedAs: "text?", user: "text?", application: "text?", backendType: "text?", state: "text?" },
  ...{ since: "text?", ageMs: "number?", query: "text?", waitsFor: ["list of", "number"] },
} as const satisfies Shape;

/** In place of the query of a session that the role may not see. */
export const HIDDEN_QUERY = "<insufficient privilege>";

/** The query of a row `a` of pg_stat_activity. Queries are omitted if they may contain parts of secrets. */
export function querySql({ placeholders }: Pick<Settings, "placeholders">): string {
  return secretMask(placeholders) === undefined ? `NULLIF(left(a.query, 4000), '${HIDDEN_QUERY}')` : "NULL::text";
}

/** Whole milliseconds since a time; negative ones would come from a transaction that began after this query. */
export function ageMs(since: string): string {
  return `floor(1000 * GREATEST(0, date_part('epoch', clock_timestamp() - ${since})))`;
}

/** The fields of a `Blocker` for json_build_object, of a row `a` of pg_stat_activity. */
export function sessionFields({
  pid,
  query,
  waitsFor,
}: Readonly<Record<"pid" | "query" | "waitsFor", string>>): string {
  return `'pid', ${pid}, 'preparedAs', NULL, 'user', a.usename,
 'application', NULLIF(a.application_name, ''), 'backendType', a.backend_type, 'state', a.state, 'since', ${isoText("timezone('UTC', a.xact_start)")},
 'ageMs', ${ageMs("a.xact_start")}, 'query', ${query}, 'waitsFor', ARRAY(SELECT DISTINCT w.pid FROM unnest(${waitsFor}) w(pid) ORDER BY 1)`;
}

/** The same of a row of pg_prepared_xacts. */
export function preparedFields(row: string): string {
  return `'pid', NULL, 'preparedAs', ${row}.gid, 'user', ${row}.owner, 'application', NULL, 'backendType', NULL,
 'state', 'prepared', 'since', ${isoText(`timezone('UTC', ${row}.prepared)`)}, 'ageMs', ${ageMs(`${row}.prepared`)}, 'query', NULL, 'waitsFor', '{}'::int[]`;
}

/** With the beginning of its query only. */
export function withBeginning<One extends Pick<Blocker, "query">>(one: One): One {
  return { ...one, query: one.query && beginning(one.query) };
}

/** The mark of a run behind a pooler. */
const MARKER = /^\/\* pgstep \S+ \*\/ /;

/** The beginning of a query, cut after its secrets are masked: half a secret would not be recognized. */
function beginning(query: string): string {
  const line = maskedBeginning(query.replace(MARKER, "")).replace(/\s+/g, " ");
  return [...line].slice(0, LONGEST_QUERY).join("");
}
