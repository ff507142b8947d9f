import { usage } from "../failure/failure.ts";

/** Output formats of every command. */
export const COMMON_FORMATS = ["human", "json", "github"] as const;

/** Output formats for lists of findings; only some commands have them. */
export const FINDING_FORMATS = ["gitlab", "junit", "markdown", "sarif"] as const;

export const FORMATS = [...COMMON_FORMATS, ...FINDING_FORMATS] as const;
export type Format = (typeof FORMATS)[number];
export type FindingFormat = (typeof FINDING_FORMATS)[number];

/** How events and results are printed. */
export interface Presentation {
  readonly format: Format;
  /** Errors and warnings only; overrides verbose. */
  readonly quiet: boolean;
  /** Also prints every statement. */
  readonly verbose: boolean;
  readonly color: "auto" | "always" | "never";
  /** pgstep's own text is ASCII only. */
  readonly ascii: boolean;
  /** A file that also receives all output; undefined for none. */
  readonly logFile: string | undefined;
}

export function isFindingFormat(format: Format): format is FindingFormat {
  return FINDING_FORMATS.some((one) => one === format);
}

/** @throws Failure usage if the command does not have that format */
export function requireFormat(format: Format, command: { readonly name: string; readonly findings?: true }): void {
  if (command.findings || !isFindingFormat(format)) return;
  throw usage(
    `Cannot use the format ${format} with pgstep ${command.name}: it reports no findings`,
    `Choose one of ${COMMON_FORMATS.join(", ")}; ${FINDING_FORMATS.join(", ")} are for check, plan, validate and drift.`,
  );
}
