import type { FileSystem } from "../../ports/file-system.ts";

/** A tool whose migrations are folders, and the file that each folder has. */
export interface FolderLayout {
  readonly tool: string;
  readonly file: string;
}

const LAYOUTS: readonly FolderLayout[] = [
  { tool: "Prisma", file: "migration.sql" },
  { tool: "Diesel", file: "up.sql" },
];

/** Only the first folders are checked. */
const MOST_FOLDERS = 20;

/** The known tool whose folders are in a directory; undefined if there is none. */
export function otherLayout(fileSystem: FileSystem, directory: string): FolderLayout | undefined {
  try {
    const folders = fileSystem.list(directory).filter(({ kind }) => kind === "directory");
    for (const { name } of folders.slice(0, MOST_FOLDERS)) {
      const files = new Set(fileSystem.list(`${directory}/${name}`).map((entry) => entry.name));
      const layout = LAYOUTS.find(({ file }) => files.has(file));
      if (layout) return layout;
    }
  } catch {
    // A folder that cannot be read is reported elsewhere.
  }
  return undefined;
}
