import type { SchemaChange } from "./changes.ts";

/** The result of `diff`. */
export interface DiffReport {
  readonly type: "diff";
  /** What was compared, for people: "the migrations", "schema.sql". */
  readonly from: string;
  readonly to: string;
  /** The platforms of databases, and their extensions, whose own objects are left out: "Supabase". */
  readonly platforms: readonly string[];
  /** The user's patterns for objects that are left out; empty if no database is compared. */
  readonly patterns: readonly string[];
  readonly changes: readonly SchemaChange[];
  /** What the statements delete for good: "table public.orders". */
  readonly losses: readonly string[];
  /** The statements that lead from the first to the second, if they were asked for. */
  readonly sql?: string;
  /** The paths of written files. */
  readonly files: readonly string[];
}
