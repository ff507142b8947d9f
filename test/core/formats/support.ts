import { detect } from "../../../src/core/formats/detect.ts";
import { formatOf } from "../../../src/core/formats/formats.ts";
import type { Contents, FoundFiles, FoundScript, ListedEntry } from "../../../src/core/layout/format.ts";
import type { Layout } from "../../../src/core/layout/layout.ts";

/** Paths below the directory, with their texts. */
export type Files = Readonly<Record<string, string>>;

/** The entries of a directory with these files. */
export function listed(files: Files, parent = ""): ListedEntry[] {
  const folders = new Map<string, Record<string, string>>();
  const entries: ListedEntry[] = [];
  for (const [path, text] of Object.entries(files)) {
    const [name = "", ...rest] = path.split("/");
    if (rest.length === 0) entries.push({ name, path: parent + name, kind: "file" });
    else folders.set(name, Object.assign(folders.get(name) ?? {}, { [rest.join("/")]: text }));
  }
  for (const [name, inside] of folders) {
    const path = parent + name;
    entries.push({ name, path, kind: "directory", inside: listed(inside, `${path}/`) });
  }
  return entries;
}

export function contentsOf(files: Files, variables: Files = {}): Contents {
  const text = (path: string) => files[path]?.replace(/^\ufeff/, "");
  return { text, start: text, variable: (name) => variables[name] };
}

export function found(layout: Layout, files: Files, variables?: Files): FoundFiles {
  return formatOf(layout).read(listed(files), contentsOf(files, variables));
}

/** The format of these files: its name, both names of a mixed directory, or "none". */
export function detected(files: Files): string {
  const result = detect(listed(files), (path) => files[path]);
  if (result.kind === "one") return result.layout;
  return result.kind === "none" ? "none" : result.readings.map(({ layout }) => layout).join(" and ");
}

/** Each migration in one line: its version, its down script, its transactions and its language. */
export function lines({ migrations }: FoundFiles): string[] {
  return migrations.map(({ version, up, down, program }) =>
    [version, down && "down", isAlone(up) && "up alone", down && isAlone(down) && "down alone", program]
      .filter((word) => word)
      .join(", "),
  );
}

function isAlone({ header }: FoundScript): boolean {
  return header?.transaction === "none";
}

/** Each finding in one line: where and which. */
export function places({ findings }: FoundFiles): string[] {
  return findings.map(({ rule, place }) => [place?.path, place?.line, rule].filter((word) => word).join(":"));
}

/** The SQL of a script, without blank lines. */
export function sqlOf(script: FoundScript | undefined, files: Files): string | undefined {
  if (!script) return undefined;
  return (script.part ?? files[script.path])?.replace(/^\s*\n/gm, "").trim();
}
