import type { ExportTool } from "../export/export-files.ts";

/** The answer of export. */
export interface ExportReport {
  readonly type: "export";
  readonly database: string;
  readonly tool: ExportTool;
  readonly directory: string;
  /** The number of written files, without that of the history. */
  readonly files: number;
  /** The number of migrations that the history has. */
  readonly applied: number;
  /** The path of the SQL file that creates the tool's history. */
  readonly history: string;
}
