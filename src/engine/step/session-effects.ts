import { Failure } from "../../core/failure/failure.ts";
import { writtenText } from "../../core/placeholders/written-place.ts";
import type { Statement } from "../../core/sql/statement.ts";
import { type SessionEffect, sessionEffect } from "../../core/statements/session-effect.ts";
import { ServerFailure } from "../../ports/session.ts";
import { type JournalEntry, sessionLostSql, statementHash } from "../history/journal.ts";
import type { Script } from "../script/load-scripts.ts";
import { workOf } from "../script/statements-to-run.ts";
import { inTransaction } from "../session/own-transaction.ts";
import { bookkeeping, type StatementRun } from "./one-statement.ts";
import { localSettings, type Run } from "./session-settings.ts";
import { lineOf } from "./step-failure.ts";

/** A finished statement that made or used a session object (now lost) that the rest of the file needs. */
interface Missed {
  readonly number: number;
  readonly statement: Statement;
  /** In words: "made the temporary table input". */
  readonly did: string;
}

/**
 * Before a file is resumed, makes sure that its remaining statements need nothing from an earlier session that pgstep
 * cannot repeat. Marks the statements with lost effects in the journal, so that `resolve` finds them.
 * @param journal the entries of the step; updated
 * @throws Failure in-doubt for the first of them
 */
export async function requireNothingMissed(
  { run, script }: StatementRun,
  journal: Map<number, JournalEntry>,
): Promise<void> {
  const earlier = new Map([...journal].filter(([number]) => !ranInSession(run, script, number)));
  if (![...earlier.values()].some(hasRun)) return;
  const { session, names } = run;
  const missed = missedBy(script, journal, earlier);
  const changes: string[] = [];
  for (const [number, entry] of earlier) {
    const isMissed = missed.some((one) => one.number === number);
    if (!hasRun(entry) || isMissed === isAsked(entry)) continue;
    changes.push(sessionLostSql(names, script.step, number, isMissed));
    journal.set(number, { ...entry, finished: !isMissed, sessionLost: isMissed });
  }
  if (changes.length > 0) await inTransaction(session, [bookkeeping(run), ...changes]);
  if (missed.length > 0) throw sessionLost(script, missed);
}

/** Notes that a statement has run in this run's session, so that its session effects still exist. */
export function noteInSession(run: Run, script: Script, number: number): void {
  run.inSession.add(keyOf(script, number));
}

function ranInSession(run: Run, script: Script, number: number): boolean {
  return run.inSession.has(keyOf(script, number));
}

function keyOf({ step }: Script, number: number): string {
  return `${step.direction} ${step.version} ${number}`;
}

/** True if the statement has run, even if its session effect is lost. */
function hasRun(entry: JournalEntry): boolean {
  return entry.finished || entry.sessionLost;
}

function isAsked(entry: JournalEntry): boolean {
  return entry.sessionLost && !entry.finished;
}

function missedBy(
  script: Script,
  journal: ReadonlyMap<number, JournalEntry>,
  earlier: ReadonlyMap<number, JournalEntry>,
): Missed[] {
  const effects = lastingEffects(script);
  if (effects.size === 0) return [];
  const needed = new Set([...effects].filter(([number, effect]) => isNeeded(script, journal, number, effect)));
  const missed: Missed[] = [];
  let number = 0;
  for (const { statement } of workOf(script)) {
    number++;
    const entry = earlier.get(number);
    // An edited statement is refused later; for a resolved one the user has decided.
    if (!entry || !hasRun(entry) || entry.hash !== statementHash(writtenText(statement))) continue;
    if (entry.finished && entry.sessionLost) continue;
    const did = whatItDid(number, statement, needed);
    if (did !== undefined) missed.push({ number, statement, did });
  }
  return missed;
}

/** Effects of statements that cannot simply run again, by 1-based statement number. */
function lastingEffects(script: Script): Map<number, SessionEffect> {
  const effects = new Map<number, SessionEffect>();
  let number = 0;
  for (const { statement } of workOf(script)) {
    number++;
    const effect = sessionEffect(statement);
    if (effect && !effect.repeatable) effects.set(number, effect);
  }
  return effects;
}

/** Statements that may use session objects through a function. */
const MAY_CALL = /^(?:CALL|DO|SELECT|WITH|EXECUTE)\b/i;

/** True if a remaining statement may use the effect. */
function isNeeded(
  script: Script,
  journal: ReadonlyMap<number, JournalEntry>,
  from: number,
  { name }: SessionEffect,
): boolean {
  let number = 0;
  for (const { statement } of workOf(script)) {
    number++;
    const entry = journal.get(number);
    if (number <= from || (entry && hasRun(entry))) continue;
    if (name === undefined || MAY_CALL.test(statement.text) || mentions(statement.text, name)) return true;
  }
  return false;
}

function whatItDid(
  number: number,
  { text }: Statement,
  needed: ReadonlySet<readonly [number, SessionEffect]>,
): string | undefined {
  for (const [from, { what, name }] of needed) {
    if (from === number) return `made ${what}`;
    if (from < number && name !== undefined && mentions(text, name)) return `used ${what}`;
  }
  return undefined;
}

function mentions(text: string, name: string): boolean {
  const escaped = name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return new RegExp(`(?<![\\w$])${escaped}(?![\\w$])`, "i").test(text);
}

function sessionLost(script: Script, missed: readonly Missed[]): Failure {
  const { step, path } = script;
  const [first, ...more] = missed as [Missed, ...Missed[]];
  const { statement, number, did } = first;
  const others = more.length === 0 ? "" : ` Repeat this for each of the ${missed.length} affected statements.`;
  return new Failure(
    "in-doubt",
    `Cannot resume ${step.name}: statement ${number} ${did}, which ended with its session`,
    {
      hint: `To run statement ${number} again: pgstep resolve ${step.version} --not-done; to continue without: pgstep resolve ${step.version} --done.${others} Then run pgstep ${step.direction} again.`,
      place: { path, ...statement.position, ...lineOf(script, statement.position) },
    },
  );
}

/** Repeats a statement that an earlier session finished, if it only changes its session. */
export async function repeatInSession(
  { run, script, own }: StatementRun,
  statement: Statement,
  number: number,
): Promise<void> {
  if (ranInSession(run, script, number) || !sessionEffect(statement)?.repeatable) return;
  const { session } = run;
  const sent = [
    session.execute(`BEGIN READ ONLY; ${localSettings(run, script, own)}`),
    session.execute(statement.text),
    session.execute("COMMIT"),
  ];
  const refused = (await Promise.allSettled(sent)).find((answer) => answer.status === "rejected");
  if (!refused) return noteInSession(run, script, number);
  // A prepared statement may need a dropped object; then the statement that executes it fails.
  if (refused.reason instanceof ServerFailure && /^PREPARE\b/i.test(statement.text)) return;
  throw refused.reason;
}
