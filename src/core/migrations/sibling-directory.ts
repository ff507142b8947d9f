/** The directory of that name beside another, as the user would write it. */
export function directoryBeside(directory: string, name: string): string {
  const trimmed = directory.replace(/(?<![/\\])[/\\]+$/, "");
  const [, parent = "", last = trimmed] = /^(.*[/\\])?([^/\\]*)$/s.exec(trimmed) ?? [];
  return last === "" || last === "." || last === ".." ? `${directory}/../${name}` : `${parent}${name}`;
}
