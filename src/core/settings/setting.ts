import type { Kind } from "./kinds.ts";

/** A setting with all its spellings. */
export interface Setting<Value = unknown> {
  readonly kind: Kind<Value>;
  /** As typed behind the two dashes. */
  readonly flag: string;
  /** Another name for the flag, which help does not list. */
  readonly otherFlag?: string;
  /** Environment variables that say the same, the strongest first. */
  readonly variables: readonly string[];
  /** What variables begin with that each say a part of it, behind it the part's name; stronger than those. */
  readonly variablesBeginWith?: string;
  /** Variables that say it together, weaker than those. */
  readonly parts?: readonly string[];
  /** The key in the project file; without one a project file cannot have it. */
  readonly key?: string;
  /** Only above the sections of a project file. */
  readonly outsideSections?: true;
  /** Tells what is to be read, so what is read then cannot say it. */
  readonly early?: true;
  /** Part of what tells which database is meant, or which files: hints repeat such a flag when it was typed. */
  readonly locates?: "database" | "files";
  /** Commands that only look send the value to the server as well. */
  readonly isSent?: true;
  /** Of the program alone: the library has no such option. */
  readonly ofProgram?: true;
  /** What it is when nobody says otherwise, as a text. */
  readonly default?: string;
  /** A few words, for help and reference. */
  readonly summary: string;
  /** What else is to be known of its values, shown behind the default. */
  readonly remark?: string;
  /** Every command takes the flag. */
  readonly everywhere?: true;
  /** Flags without a value that stand for one of its values. */
  readonly shorthands?: readonly Shorthand[];
  /** Variables of others that stand for one of its values, weaker than its own. */
  readonly signals?: readonly Signal[];
}

export interface Shorthand {
  readonly flag: string;
  readonly value: string;
  readonly summary: string;
}

export interface Signal {
  readonly variable: string;
  /** The value that it stands for when it has this text, which is not empty; undefined for none. */
  value(text: string): string | undefined;
}
