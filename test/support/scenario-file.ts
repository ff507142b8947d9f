/** One `$` line of a scenario and what it must answer. */
export interface ScenarioCommand {
  /** As it stands after the `$`, without a here-document. */
  readonly text: string;
  readonly input: string | undefined;
  /** The word that ends the input. */
  readonly mark: string | undefined;
  readonly expected: Answer;
}

export interface Answer {
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly status: string;
}

export interface Scenario {
  /** `- name: value` lines before the first command. */
  readonly directives: ReadonlyMap<string, string>;
  /** Text between commands as it stands, and commands, in order. */
  readonly parts: readonly (string | ScenarioCommand)[];
}

const FENCE = "```";

/**
 * Reads a scenario.md. Everything outside ```console blocks is prose. Inside, `$ ` starts a command; the lines after it
 * are its standard output, those with `! ` its standard error, and `? 3` its exit status when that is not 0. A command
 * that ends in `<<EOF` takes the lines up to EOF as its input. A backslash before such a mark makes it plain output.
 */
export function parseScenario(text: string): Scenario {
  const directives = new Map<string, string>();
  const parts: (string | ScenarioCommand)[] = [];
  const lines = text.split("\n");
  let inside = false;
  for (let index = 0; index < lines.length; ) {
    const line = lines[index++] ?? "";
    if (!inside || !line.startsWith("$ ")) {
      if (line.startsWith(FENCE)) inside = line.trim() === `${FENCE}console`;
      const directive = parts.every((part) => typeof part === "string") && /^- ([a-z-]+): (.+)$/.exec(line);
      if (directive) directives.set(directive[1] ?? "", (directive[2] ?? "").trim());
      parts.push(line);
      continue;
    }
    const [, command = "", mark] = /^\$ (.*?)(?: <<(\w+))?$/.exec(line) ?? [];
    let input: string[] | undefined;
    if (mark !== undefined) {
      const stop = lines.indexOf(mark, index);
      if (stop === -1) throw new Error(`line ${index}: no line ${mark} ends the input`);
      input = lines.slice(index, stop);
      index = stop + 1;
    }
    const start = index;
    while (index < lines.length && !/^(\$ |```)/.test(lines[index] ?? "")) index++;
    let end = index;
    // Blank lines before the next command belong to the layout.
    while (end > start && lines[end - 1] === "") end--;
    parts.push({
      text: command,
      mark,
      input: input && `${input.join("\n")}\n`,
      expected: parseAnswer(lines.slice(start, end)),
    });
    parts.push(...lines.slice(end, index));
  }
  return { directives, parts };
}

function parseAnswer(lines: readonly string[]): Answer {
  const stdout: string[] = [];
  const stderr: string[] = [];
  let status = "0";
  for (const line of lines) {
    if (line === "!" || line.startsWith("! ")) stderr.push(line.slice(2));
    else if (line.startsWith("? ")) status = line.slice(2).trim();
    else stdout.push(line.startsWith("\\") ? line.slice(1) : line);
  }
  return { stdout, stderr, status };
}

/** The scenario's text again, with these answers in the order of its commands. */
export function renderScenario(scenario: Scenario, answers: readonly Answer[]): string {
  let next = 0;
  return scenario.parts
    .flatMap((part) => {
      if (typeof part === "string") return [part];
      const heredoc = part.input === undefined ? [] : [...part.input.split("\n").slice(0, -1), `${part.mark}`];
      const answer = answers[next++] ?? part.expected;
      return [
        `$ ${part.text}${part.mark === undefined ? "" : ` <<${part.mark}`}`,
        ...heredoc,
        ...answer.stdout.map((line) => (/^([$!?] |!$|```|\\)/.test(line) ? `\\${line}` : line)),
        ...answer.stderr.map((line) => `! ${line}`.trimEnd()),
        ...(answer.status === "0" ? [] : [`? ${answer.status}`]),
      ];
    })
    .join("\n");
}
