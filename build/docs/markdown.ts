/** The first line of every generated page. */
export const GENERATED = "<!-- Made by `npm run docs`; changes belong in src/ and build/docs/. -->";

export function code(text: string): string {
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

/** Escapes plain text for Markdown, so that nothing looks like a tag or emphasis. */
export function plain(text: string): string {
  return text.replace(/[\\*_<>[\]]/g, "\\$&");
}
