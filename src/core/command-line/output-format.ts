import { usage } from "../failure/failure.ts";

/** Formats that every command can tell its result in. */
export const COMMON_FORMATS = ["human", "json", "github"] as const;

/** Formats for lists of findings, which only some commands have. */
export const FINDING_FORMATS = ["gitlab", "junit", "sarif"] as const;

export const FORMATS = [...COMMON_FORMATS, ...FINDING_FORMATS] as const;
export type Format = (typeof FORMATS)[number];
export type FindingFormat = (typeof FINDING_FORMATS)[number];

/** How to tell what happens and what came of it. */
export interface Presentation {
  readonly format: Format;
  /** Errors and warnings only; stronger than verbose. */
  readonly quiet: boolean;
  /** Every statement too. */
  readonly verbose: boolean;
  readonly color: "auto" | "always" | "never";
  /** No characters beyond ASCII of pgstep's own. */
  readonly ascii: boolean;
  /** A file that everything is written to besides; undefined for none. */
  readonly logFile: string | undefined;
}

export function isFindingFormat(format: Format): format is FindingFormat {
  return FINDING_FORMATS.some((one) => one === format);
}

/** @throws Failure usage when the command cannot tell its result in that format */
export function requireFormat(format: Format, command: { readonly name: string; readonly findings?: true }): void {
  if (command.findings || !isFindingFormat(format)) return;
  throw usage(
    `Cannot use the format ${format} with pgstep ${command.name}: it has no findings to tell`,
    `Choose one of ${COMMON_FORMATS.join(", ")}; ${FINDING_FORMATS.join(", ")} are for validate.`,
  );
}
