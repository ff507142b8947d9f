/** What of a page is done in order: files are written, commands are run. */
export type PageStep = PageFile | PageCommand;

export interface PageFile {
  readonly kind: "file";
  readonly path: string;
  /** The whole block, with the line that names the file, as readers paste it; without it where JSON has no comments. */
  readonly text: string;
}

export interface PageCommand {
  readonly kind: "command";
  /** What stands behind the `$`, with the lines of a here-document. */
  readonly text: string;
  /** The lines under it, on standard output and standard error as a terminal shows them. */
  readonly expected: readonly string[];
  /** Where these lines begin among those of the page, from 0. */
  readonly start: number;
}

export interface PageBlock {
  readonly language: string;
  readonly lines: readonly string[];
  /** The first of these lines among those of the page, from 0. */
  readonly start: number;
}

/** The fenced blocks of a page, in order. */
export function pageBlocks(page: string): PageBlock[] {
  const blocks: PageBlock[] = [];
  let open: { language: string; lines: string[]; start: number } | undefined;
  page.split("\n").forEach((line, index) => {
    const [, language] = /^```(\w*)\s*$/.exec(line) ?? [];
    if (language === undefined) open?.lines.push(line);
    else if (open) {
      blocks.push(open);
      open = undefined;
    } else open = { language, lines: [], start: index + 1 };
  });
  if (open) throw new Error(`line ${open.start}: the block is not closed`);
  return blocks;
}

/** The file that a block's first line names: `-- file: path`, `# file: path` or `// file: path`. */
export function fileOf(block: PageBlock): PageFile | undefined {
  const [, path] = /^(?:--|#|\/\/) file: (\S+)$/.exec(block.lines[0] ?? "") ?? [];
  if (path === undefined) return undefined;
  const lines = path.endsWith(".json") ? block.lines.slice(1) : block.lines;
  return { kind: "file", path, text: `${lines.join("\n")}\n` };
}

/** Files and the commands of ```console blocks. A line `...` in what a command prints stands for any number of lines. */
export function pageSteps(page: string): PageStep[] {
  return pageBlocks(page).flatMap((block): PageStep[] => {
    const file = fileOf(block);
    if (file) return [file];
    return block.language === "console" ? commandsOf(block) : [];
  });
}

function commandsOf({ lines, start }: PageBlock): PageCommand[] {
  const commands: PageCommand[] = [];
  for (let index = 0; index < lines.length; ) {
    const line = lines[index++] ?? "";
    if (!line.startsWith("$ ")) throw new Error(`line ${start + index}: a console block begins with a command`);
    let text = line.slice(2);
    const [, mark] = /<<'?(\w+)'?/.exec(text) ?? [];
    while (mark !== undefined && index < lines.length) {
      const next = lines[index++] ?? "";
      text += `\n${next}`;
      if (next === mark) break;
    }
    const from = index;
    while (index < lines.length && !lines[index]?.startsWith("$ ")) index++;
    let end = index;
    // Blank lines before the next command belong to the layout.
    while (end > from && lines[end - 1] === "") end--;
    commands.push({ kind: "command", text, expected: lines.slice(from, end), start: start + from });
  }
  return commands;
}

/** The page with these lines under its commands, in order. */
export function renderPage(page: string, answers: ReadonlyMap<PageCommand, readonly string[]>): string {
  const lines = page.split("\n");
  for (const [{ start, expected }, answer] of [...answers].reverse()) lines.splice(start, expected.length, ...answer);
  return lines.join("\n");
}
