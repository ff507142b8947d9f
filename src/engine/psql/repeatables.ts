import { equals, quoteText } from "../../core/sql/quote.ts";
import { beforeRecordsSql, recordOf } from "../repeatable/apply.ts";
import type { RepeatableScript } from "../repeatable/plan.ts";
import { forgetSql, IS_DROPPED, recordsSql, thereAmong } from "../repeatable/records.ts";
import { COMMIT } from "../session/own-transaction.ts";
import { BEGIN_FILES, endFileSql } from "../step/file-transaction.ts";
import { bookkeeping } from "../step/one-statement.ts";
import { localSettings, type Run } from "../step/session-settings.ts";
import type { ScriptParts, WrittenRepeatable } from "./parts.ts";
import { prepareReplacing, recreateLines, replacingLines } from "./replace-views.ts";
import { checkedStatements, comment, echo, inOne, QUIETLY, writtenScript } from "./text.ts";

/** The repeatable migrations, in one transaction; or only the end of the records of missing files. */
export function repeatableLines(run: Run, { planned, repeatables }: ScriptParts): string[] {
  const { missing } = planned.around.repeatable;
  if (repeatables.length > 0) return [...oneTransaction(run, repeatables, missing), ""];
  return missing.length === 0 ? [] : [...inOne([bookkeeping(run), forgetSql(run.names, missing)]), ""];
}

function oneTransaction(run: Run, repeatables: readonly WrittenRepeatable[], missing: readonly string[]): string[] {
  const views = repeatables.flatMap(({ one }) => one.outline.views);
  const whenRun = (index: number, lines: readonly string[]): string[] =>
    repeatables[index]?.isStale ? [...lines] : [`\\if :${flagOf(index)}`, ...lines, "\\endif"];
  const each = (linesOf: (one: RepeatableScript) => string[]): string[] =>
    repeatables.flatMap(({ one }, index) => whenRun(index, linesOf(one)));
  return [
    comment("The repeatable migrations, in one transaction"),
    `${BEGIN_FILES};`,
    run.lock.guard.trim(),
    ...(views.length > 0 ? [viewsBefore(views), ...prepareReplacing()] : []),
    "",
    ...repeatables.flatMap(({ one, isStale }, index) => [
      comment(isStale ? one.name : `${one.name}, if a view of it is missing`),
      ...(isStale ? [] : [readFlag(run, one, index)]),
      ...whenRun(index, fileLines(run, one)),
      "",
    ]),
    ...(views.length > 0 ? [...recreateLines(), ...requireViews(), ""] : []),
    `${beforeRecordsSql(run)};`,
    `${QUIETLY};`,
    ...recordsSql(run.names, { missing }).map((sql) => `${sql};`),
    ...each((one) => [`${recordOf(run, one)};`]),
    `${COMMIT};`,
    ...each(({ name }) => [echo(`applied ${name} (repeatable)`)]),
  ];
}

function fileLines(run: Run, { script, outline }: RepeatableScript): string[] {
  const lines = outline.views.length > 0 ? replacing(script, outline.views) : writtenScript(script);
  return [localSettings(run, script), ...lines, `${endFileSql(run).trim()}`];
}

function replacing(script: RepeatableScript["script"], views: readonly string[]): string[] {
  const statements = Array.from(checkedStatements(script), (one) =>
    typeof one === "string" ? one : one.statement.text,
  );
  return replacingLines(statements, views);
}

/** The variable of psql that is true if an unchanged file has to be applied again. */
function flagOf(index: number): string {
  return `pgstep_again_${index + 1}`;
}

function readFlag({ names }: Run, { name }: RepeatableScript, index: number): string {
  const where = `${equals("name", quoteText(name))} AND ${IS_DROPPED}`;
  return `SELECT EXISTS (SELECT FROM ONLY ${names.repeatable} WHERE ${where}) AS ${flagOf(index)} \\gset`;
}

/** Keeps the names of the existing views of all files. */
function viewsBefore(views: readonly string[]): string {
  return `SELECT pg_catalog.array_to_json(${thereAmong(views)})::text AS pgstep_views \\gset`;
}

/** Refuses to commit if a file has dropped the views of one that ran before it: it would have to run again. */
function requireViews(): string[] {
  const missing =
    "SELECT FROM pg_catalog.json_array_elements_text(pg_catalog.current_setting('pgstep.views')::pg_catalog.json) AS v(name) WHERE pg_catalog.to_regclass(v.name) IS NULL";
  return [
    "SELECT pg_catalog.set_config('pgstep.views', :'pgstep_views', true);",
    `DO $pgstep$ BEGIN IF EXISTS (${missing}) THEN RAISE EXCEPTION 'Cannot apply the repeatable migrations: one of them dropped a view of one that ran before it' USING HINT = 'Apply them with pgstep, which runs that one again: pgstep up. None of them was applied.'; END IF; END $pgstep$;`,
  ];
}
