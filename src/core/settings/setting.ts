import type { Kind } from "./kinds.ts";

/** A setting with all its spellings. */
export interface Setting<Value = unknown> {
  readonly kind: Kind<Value>;
  /** As typed after the two dashes. */
  readonly flag: string;
  /** Another name for the flag, which help does not list. */
  readonly otherFlag?: string;
  /** Environment variables for the same setting, the strongest first. */
  readonly variables: readonly string[];
  /** The prefix of variables that each give a part, followed by the part's name; stronger than `variables`. */
  readonly variablesBeginWith?: string;
  /** Variables that give it together, weaker than `variables`. */
  readonly parts?: readonly string[];
  /** The key in the project file; absent if a project file cannot set it. */
  readonly key?: string;
  /** Allowed only above the sections of a project file. */
  readonly outsideSections?: true;
  /** Decides which files are read, so those files cannot set it. */
  readonly early?: true;
  /** Helps to choose the database or the files: hints repeat such a flag if it was typed. */
  readonly locates?: "database" | "files";
  /** Commands that only read send the value to the server as well. */
  readonly isSent?: true;
  /** For the program only: the library has no such option. */
  readonly ofProgram?: true;
  /** The default, as text. */
  readonly default?: string;
  /** A few words, for help and reference. */
  readonly summary: string;
  /** More about its values, shown after the default. */
  readonly note?: string;
  /** Every command takes the flag. */
  readonly everywhere?: true;
  /** Flags without a value that set one of its values. */
  readonly shorthands?: readonly Shorthand[];
  /** Other programs' variables that set one of its values, weaker than its own. */
  readonly signals?: readonly Signal[];
}

export interface Shorthand {
  readonly flag: string;
  readonly value: string;
  readonly summary: string;
}

export interface Signal {
  readonly variable: string;
  /** The value for this non-empty text of the variable; undefined for none. */
  value(text: string): string | undefined;
}
