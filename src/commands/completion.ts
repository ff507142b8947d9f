import type { TextCommand } from "../core/command-line/command.ts";
import { SCRIPTS } from "../core/completion/scripts.ts";
import { usage } from "../core/failure/failure.ts";

const SHELLS = Object.keys(SCRIPTS);

export const completion: TextCommand = {
  name: "completion",
  effect: "reads",
  aliases: [],
  summary: "print a completion script for your shell",
  description:
    "Prints a script for bash, zsh, fish or PowerShell; its first lines say where to put it. It completes commands, " +
    "options, their values, and the versions of the migrations. The script calls pgstep, which reads the names of " +
    "the migrations and never connects to a database.",
  arguments: [{ name: "shell", required: true, summary: SHELLS.join(", "), completes: SHELLS }],
  options: [],
  examples: [
    { line: 'eval "$(pgstep completion bash)"', note: "in ~/.bashrc" },
    { line: 'eval "$(pgstep completion zsh)"', note: "in ~/.zshrc, after compinit" },
  ],
  text([shell = ""]) {
    const script = SHELLS.includes(shell) ? SCRIPTS[shell] : undefined;
    if (script !== undefined) return script;
    throw usage(`Cannot complete words in ${shell}: there is no script for it`, `Choose one of ${SHELLS.join(", ")}.`);
  },
};
