import { quoteText } from "../../core/sql/quote.ts";
import { calledIn } from "../../core/trace/names.ts";
import type { NamedThing, Relation, Trigger } from "../../core/trace/trace.ts";
import type { Row, Session } from "../../ports/session.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";
import { runKept } from "../session/prepared-statements.ts";
import type { TrialNote } from "../shadow/trial-start.ts";
import { relationsIn, THINGS, type ThingFacts, thingOf } from "./trace-answers.ts";
import {
  FACTS_QUERY,
  type QueryForm,
  RELATIONS_QUERY,
  SOURCES_QUERY,
  THINGS_QUERY,
  TRIGGERS_QUERY,
} from "./trace-sql.ts";

/** What is in the database of a trial before a file runs. */
export interface Contents {
  /** By their oids. */
  readonly relations: ReadonlyMap<number, Relation>;
  readonly things: readonly NamedThing[];
}

/** The server's answers, as a note has them. Only pgstep writes notes, and each has the checksum of its text. */
interface Answers {
  readonly relations: Row | undefined;
  readonly things: Row | undefined;
}

/**
 * Reads the relations with an oid above `newestOid`, and all things.
 * @param note of this database: it saves the queries, which of thousands of tables take longest in a trial of one file
 */
export async function readContents(
  session: Session,
  newestOid: number,
  note: TrialNote | undefined,
): Promise<Contents> {
  const text = note?.read();
  const answers = text === undefined ? await ask(session, newestOid) : (JSON.parse(text) as Answers);
  if (text === undefined) note?.keep(JSON.stringify(answers));
  return { relations: relationsIn(answers.relations), things: thingsIn(answers.things) };
}

async function ask(session: Session, newestOid: number): Promise<Answers> {
  return { relations: await askRelations(session, newestOid, "complete"), things: await askThings(session) };
}

/** The relations with an oid above `newestOid`, by their oids. */
export async function readRelations(
  session: Session,
  newestOid: number,
  form: QueryForm = "complete",
): Promise<Map<number, Relation>> {
  return relationsIn(await askRelations(session, newestOid, form));
}

/**
 * The present facts about some relations, by their oids; without those that are gone.
 * @param known as for `relationsIn`
 */
export async function readFacts(
  session: Session,
  relations: readonly { readonly oid: number }[],
  form: QueryForm,
  known: ReadonlyMap<number, Relation>,
): Promise<Map<number, Relation>> {
  if (relations.length === 0) return new Map();
  const [row] = await runKept(session, FACTS_QUERY[form], `('{${relations.map(({ oid }) => oid)}}')`);
  return relationsIn(row, known);
}

/**
 * The sources of functions, and of those that they call, by their names.
 * @param isOwn true for the name of one of the project's own functions
 */
export async function readSources(
  session: Session,
  names: readonly string[],
  isOwn: (name: string) => boolean,
): Promise<ReadonlyMap<string, string>> {
  const sources = new Map<string, string>();
  const asked = new Set<string>();
  for (let wanted = names; wanted.length > 0; ) {
    for (const name of wanted) asked.add(name);
    const [row] = await runKept(session, SOURCES_QUERY, `(ARRAY[${wanted.map(quoteText)}]::name[])`);
    const read = jsonAnswer<[string, string][]>(row?.seen, SOURCES);
    for (const [name, source] of read) sources.set(name, [sources.get(name) ?? [], source].flat().join(";\n"));
    const called = new Set(read.flatMap(([, source]) => calledIn(source)));
    wanted = [...called].filter((name) => isOwn(name) && !asked.has(name));
  }
  return sources;
}

const SOURCES: Shape = ["list of", ["parts", ["text", "text"]]];

/** The triggers that run a function. */
export async function readTriggers(session: Session, name: string): Promise<Trigger[]> {
  const [row] = await runKept(session, TRIGGERS_QUERY, `(${quoteText(name)})`);
  const read = jsonAnswer<[string, number, number, boolean][]>(row?.seen, TRIGGERS);
  return read.map(([trigger, table, type, conditional]) => ({ name: trigger, table, type, conditional }));
}

const TRIGGERS: Shape = ["list of", ["parts", ["text", "number", "number", "boolean"]]];

/** All things that clients can name. */
export async function readThings(session: Session): Promise<NamedThing[]> {
  return thingsIn(await askThings(session));
}

async function askRelations(session: Session, newestOid: number, form: QueryForm): Promise<Row | undefined> {
  const [row] = await runKept(session, RELATIONS_QUERY[form], `(${newestOid})`);
  return row;
}

async function askThings(session: Session): Promise<Row | undefined> {
  const [row] = await runKept(session, THINGS_QUERY, "");
  return row;
}

function thingsIn(answer: Row | undefined): NamedThing[] {
  return jsonAnswer<ThingFacts[]>(answer?.seen, THINGS).map(thingOf);
}
