/** The path of a directory called `name` next to another one, as the user would write it. */
export function directoryBeside(directory: string, name: string): string {
  const trimmed = directory.replace(/(?<![/\\])[/\\]+$/, "");
  const [, parent = "", last = trimmed] = /^(.*[/\\])?([^/\\]*)$/s.exec(trimmed) ?? [];
  return last === "" || last === "." || last === ".." ? `${directory}/../${name}` : `${parent}${name}`;
}
