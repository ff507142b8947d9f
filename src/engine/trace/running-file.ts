import type { Node } from "../../core/parse-tree/node.ts";
import type { Statement } from "../../core/sql/statement.ts";
import { changesThings, makesRelations, mayChangeSession, mayGrantOn, relationNames } from "../../core/trace/names.ts";
import type { NamedThing, Relation, TracedStatement } from "../../core/trace/trace.ts";

/** A file whose statements are sent, and what is known of them so far. */
export class RunningFile {
  readonly path: string;
  /** The file before it, until this one has begun. */
  previous: RunningFile | undefined;
  /** True if its begin must be looked at before its statements are sent. */
  readonly mustBegin: boolean;
  /** Resolves to true when that is done, to false if the server refuses it. */
  begun: Promise<boolean> = Promise.resolve(false);
  hasBegun = false;
  before: ReadonlyMap<number, Relation> = new Map();
  thingsBefore: readonly NamedThing[] = [];
  readonly statements: TracedStatement[] = [];
  /** The looks at its statements, which never fail. */
  readonly looks: Promise<void>[] = [];
  transactions = 0;
  /** The names in statements that may have made relations; undefined if there is none. */
  newNames: Set<string> | undefined;
  /** Its statements may have made, renamed or dropped things. */
  hasNewThings = false;
  /** They may have changed what the session has, see `mayChangeSession`. */
  hasChangedSession = false;
  /** For statements that may have granted or revoked privileges, true for a relation that they may concern. */
  readonly grants: ((relation: Relation) => boolean)[] = [];

  constructor(path: string, previous: RunningFile | undefined) {
    this.path = path;
    this.previous = previous;
    this.mustBegin = !previous || previous.hasChangedSession;
  }

  /** @param before the relations before its first statement */
  begin(before: ReadonlyMap<number, Relation>, thingsBefore: readonly NamedThing[]): void {
    this.before = before;
    this.thingsBefore = thingsBefore;
    this.previous = undefined;
    this.hasBegun = true;
  }

  /** Notes what a statement may do, before it is sent: the next file may begin before its answer. */
  note(tree: Node | undefined, { text }: Statement): void {
    if (makesRelations({ tree })) this.newNames = new Set([...(this.newNames ?? []), ...relationNames({ tree })]);
    this.hasNewThings ||= changesThings({ tree });
    this.hasChangedSession ||= mayChangeSession({ tree });
    const grants = mayGrantOn({ tree }, text);
    if (grants) this.grants.push(grants);
  }

  /** True if this file, or one before it that has not ended, may have made things that are not known yet. */
  get mayHaveUnknownThings(): boolean {
    return this.hasNewThings || this.previous?.mayHaveUnknownThings === true;
  }

  /** True if a statement may have changed privileges on a relation. */
  mayHaveGrantedOn(relation: Relation): boolean {
    return this.grants.some((mayChange) => mayChange(relation));
  }
}
