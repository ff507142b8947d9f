import { type CommandWords, commandNamed, commandNames, type TextCommand } from "../core/command-line/command.ts";
import { usage } from "../core/failure/failure.ts";
import { commandHelp, programHelp, topicsHelp } from "../core/help/help-text.ts";
import { HELP_TOPICS } from "../core/help/index.ts";
import { nearest } from "../core/text/spelling.ts";

const topics = () => HELP_TOPICS.map(({ name }) => name);
const TOPIC_LIST = "topics";

/** The command that explains the others. */
export const helpOn = (others: readonly CommandWords[]): TextCommand => ({
  name: "help",
  effect: "reads",
  aliases: [],
  prose: true,
  summary: "show help, or explain a command or a topic",
  get description() {
    return `Shows what pgstep can do, or explains a command or a topic. Topics are ${topics().join(", ")}.`;
  },
  arguments: [
    {
      name: "command or topic",
      required: false,
      summary: "what to explain",
      get completes() {
        return [...others.map((one) => one.name), ...topics(), TOPIC_LIST];
      },
    },
  ],
  options: [],
  examples: [
    { line: "pgstep help up", note: "a command" },
    { line: "pgstep help files", note: "a topic" },
  ],
  text([name], vocabulary) {
    if (name === undefined) return programHelp(vocabulary);
    if (name === TOPIC_LIST) return topicsHelp(HELP_TOPICS);
    const command = commandNamed(vocabulary.commands, name);
    if (command) return commandHelp(command, vocabulary);
    const topic = HELP_TOPICS.find((one) => one.name === name);
    if (topic) return topic.text(vocabulary);
    const meant = nearest(name, [...commandNames(vocabulary), ...topics(), TOPIC_LIST]);
    throw usage(
      `Cannot explain "${name}": there is no such command or topic`,
      meant ? `Did you mean pgstep help ${meant}?` : "Run pgstep help for the list of both.",
    );
  },
});
