import type { ObjectKey } from "../catalog/schema-object.ts";
import type { Finding } from "../failure/failure.ts";
import type { UsedStandIn } from "../stand-ins/used-stand-in.ts";

/** Where an object is: added is only in the database, missing only in the migrations, changed in both. */
export type DriftState = "added" | "missing" | "changed";

/** An object of the database that is not as the applied migrations make it. */
export interface DriftedObject extends ObjectKey {
  readonly state: DriftState;
  /** The relation or object that contains it; null for a top-level object. */
  readonly within: string | null;
  /** How a changed object differs: "type text instead of integer". */
  readonly details: readonly string[];
  /** The SQL of the object in the database; null if it is missing there. */
  readonly database: string | null;
  /** The SQL of the object as the migrations make it; null if they do not. */
  readonly migrations: string | null;
}

/** The schema compared with its fingerprint of the last apply; not comparable if that has another format. */
export interface LastApply {
  readonly state: "same" | "changed" | "not-comparable";
  /** ISO 8601. */
  readonly recordedAt: string;
}

/** The answer of drift. */
export interface DriftReport {
  readonly type: "drift";
  readonly database: string;
  /** The database that the applied migrations were run on. */
  readonly shadow: string;
  /** The number of applied migrations, and of repeatable ones. */
  readonly migrations: number;
  readonly repeatable: number;
  readonly differences: readonly DriftedObject[];
  /** The number of differences that patterns ignore, and of those that come from the platform of the database. */
  readonly ignored: number;
  readonly ofPlatform: number;
  /** The platform, if the database belongs to one that pgstep knows. */
  readonly platform: string | undefined;
  /** Undefined if no fingerprint was recorded. */
  readonly lastApply: LastApply | undefined;
  readonly standIns: readonly UsedStandIn[];
  /** The paths of written migrations, and their versions. */
  readonly files: readonly string[];
  readonly versions: readonly string[];
  /** What makes the comparison inexact. */
  readonly warnings: readonly Finding[];
}
