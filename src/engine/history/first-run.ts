import { Failure, type Finding, finding } from "../../core/failure/failure.ts";
import { isImportable } from "../../core/import/other-history.ts";
import { type CatalogRelation, RelationConflicts } from "../../core/migrations/relation-conflicts.ts";
import type { CopyBytes, Piece } from "../../core/sql/statement.ts";
import { relationChange } from "../../core/statements/relation-change.ts";
import { enumeration } from "../../core/text/display.ts";
import type { Occupants, RecordedHistory } from "./occupants.ts";

/** A pending file, as messages name it, and its statements. */
export interface PendingFile {
  readonly path: string;
  pieces(): Iterable<Piece | CopyBytes>;
}

/** The reasons against a first run on this database, as errors; without any, one warning about unrelated tables. */
export function findOccupied(occupants: Occupants, pending: readonly PendingFile[]): Finding[] {
  const refused = [...occupants.histories.map(historyFinding), ...existingRelations(occupants, pending)];
  if (refused.length > 0 || occupants.tables.length === 0) return refused;
  const { tables } = occupants;
  const names = enumeration(tables.map(({ schema, name }) => `${schema}.${name}`));
  const count = tables.length === 1 ? "another table" : `${tables.length} other tables`;
  return [finding("other-tables", { message: `the database has no history yet, but ${count}: ${names}` })];
}

/** @throws Failure database-not-empty when there is an error among the findings */
export function refuseOccupied(findings: readonly Finding[], database: string): void {
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length === 0) return;
  throw new Failure(
    "database-not-empty",
    `Cannot migrate ${database}: it has no history yet, but the database is in use`,
    { hint: FIRST_RUN_HINT, findings: errors },
  );
}

const FIRST_RUN_HINT =
  "Record the migrations that the database already contains: pgstep baseline <version>; or run all of them: pgstep up --first-run.";

/** The same findings for commands that only read, as warnings. The first one's hint says what `up` would do. */
export function asWarnings(findings: readonly Finding[]): Finding[] {
  const first = findings.find(({ severity, hint }) => severity === "error" && hint === undefined);
  return findings.map((finding) => ({
    ...finding,
    severity: "warning",
    ...(finding === first && { hint: `A run would be refused. ${FIRST_RUN_HINT}` }),
  }));
}

function historyFinding({ schema, table, tool }: RecordedHistory): Finding {
  const name = `${schema}.${table}`;
  if (tool !== undefined) {
    return {
      ...{ rule: "other-history", severity: "error" },
      message: `${name} is the history of ${tool} and has entries`,
      ...(isImportable({ tool }) && { hint: "To take it over: pgstep import." }),
    };
  }
  return {
    rule: "other-history",
    severity: "error",
    message: `${name} is a history and has entries`,
    hint: `If these migrations are recorded there, name it: --schema ${schema} --table ${table}.`,
  };
}

/** Further ones are only counted. */
const MOST_RELATIONS = 10;

function existingRelations(occupants: Occupants, pending: readonly PendingFile[]): Finding[] {
  if (occupants.relations.length === 0) return [];
  const conflicts = new RelationConflicts(occupants);
  const findings: Finding[] = [];
  for (const { path, pieces } of pending) {
    conflicts.beginFile();
    for (const piece of pieces()) {
      const change = piece.kind === "statement" ? relationChange(piece) : undefined;
      const existing = change && conflicts.follow(change);
      if (!existing || piece.kind !== "statement") continue;
      findings.push({
        rule: "relation-exists",
        severity: "error",
        message: `the ${KINDS[existing.kind] ?? "relation"} ${nameOf(existing)} exists already`,
        place: { path, ...piece.position },
      });
    }
  }
  const more = findings.length - MOST_RELATIONS;
  if (more <= 1) return findings;
  const rest: Finding = {
    rule: "relation-exists",
    severity: "error",
    message: `${more} more relations that the migrations create exist already`,
  };
  return [...findings.slice(0, MOST_RELATIONS), rest];
}

function nameOf({ schema, name }: CatalogRelation): string {
  return `${schema}.${name}`;
}

const KINDS: Readonly<Record<string, string>> = {
  r: "table",
  p: "table",
  f: "foreign table",
  v: "view",
  m: "materialized view",
  S: "sequence",
  i: "index",
  I: "index",
};
