/** Said at the top of every page that is not written by hand. */
export const GENERATED = "<!-- Made by `npm run docs`; changes belong in src/ and build/docs/. -->";

export function code(text: string): string {
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

/** Text of ours as Markdown shows it: what looks like a tag or emphasis is not meant as one. */
export function plain(text: string): string {
  return text.replace(/[\\*_<>[\]]/g, "\\$&");
}
