import { printableLine } from "../../core/text/display.ts";
import type { TypesReport, WrittenFile } from "../../core/types/types-report.ts";
import { counted } from "../output/words.ts";

const DONE: Readonly<Record<WrittenFile["change"], string>> = {
  created: "Created",
  changed: "Changed",
  removed: "Removed",
  none: "",
};

const TO_DO: Readonly<Record<WrittenFile["change"], string>> = {
  created: "Missing",
  changed: "Out of date",
  removed: "Left over",
  none: "",
};

/** The text itself if no file was named, else the changes of the files. */
export function typesLines({ checked, files, text }: TypesReport): string[] {
  if (text !== undefined) return [text.replace(/\n$/, "")];
  const words = checked ? TO_DO : DONE;
  const touched = files.filter(({ change }) => change !== "none");
  const lines = touched.map(({ path, change }) => `${words[change]} ${printableLine(path)}`);
  if (touched.length === 0) return [`${counted(files.length, "file")} up to date.`];
  return checked ? [...lines, "Run the command without --check to write them."] : lines;
}
