import { isAbsolute, join, relative } from "node:path";
import process from "node:process";
import { describeOrigin } from "../../core/configuration/origin.ts";
import type { ResolvedSettings } from "../../core/configuration/resolve-settings.ts";
import type { DirectoryFacts, FileSystem } from "../../ports/file-system.ts";
import { directoryWith } from "./project-file-search.ts";

/** The file system, which also knows what named the migrations directory, and where a parent has one of that name. */
export function withDirectoryFacts(fileSystem: FileSystem, { values, origins }: ResolvedSettings): FileSystem {
  const { directory: origin } = origins;
  return {
    ...fileSystem,
    aboutDirectory(directory): DirectoryFacts {
      if (directory !== values.directory) return { isTyped: false };
      const isTyped = origin.source === "flag";
      const namedBy = isTyped || origin.source === "default" ? undefined : describeOrigin(origin);
      // A path in a project file is relative to that file, so no other directory can be meant.
      const above = origin.source === "project-file" ? undefined : directoryAbove(directory);
      return { isTyped, ...(namedBy !== undefined && { namedBy }), ...(above && { above }) };
    },
  };
}

/** A directory of the same path in a parent of the working directory. */
function directoryAbove(directory: string): DirectoryFacts["above"] {
  if (isAbsolute(directory) || directory.split(/[/\\]/).includes("..")) return undefined;
  try {
    const from = directoryWith(directory);
    if (from === undefined) return undefined;
    const path = relative(process.cwd(), join(from, directory)) || ".";
    return { path, from: relative(process.cwd(), from) };
  } catch {
    // This user may not read a parent directory.
    return undefined;
  }
}
