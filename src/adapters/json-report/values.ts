import type { RepeatableState } from "../../core/repeatable/repeatable.ts";

/* Parts of what --json prints that stand in one place each. */

export interface JsonRepeatable {
  readonly name: string;
  readonly state: RepeatableState;
  /** Null when it is missing. */
  readonly file: string | null;
  /** UTC, ISO 8601 without offset; null when it never was. */
  readonly appliedAt: string | null;
}

export interface JsonSetting {
  /** As the project file calls it. */
  readonly name: string;
  readonly flag: string;
  readonly variables: readonly string[];
  /** As a flag takes it, without passwords; null when it has none. */
  readonly value: string | null;
  readonly source: "flag" | "option" | "environment" | "env-file" | "project-file" | "default";
  /** For people: the flag, variable or place that said it. */
  readonly origin: string;
}

export interface JsonConnectionValue {
  /** libpq's name, or "url" for an embedded database. */
  readonly name: string;
  readonly value: string;
  readonly origin: string;
}
