import { optionRow, section } from "./help-text.ts";
import type { HelpTopic } from "./help-topic.ts";

export const options: HelpTopic = {
  name: "options",
  summary: "the options of every command",
  text: (vocabulary) => `${section("Options of every command", vocabulary.options.map(optionRow)).join("\n")}\n`,
};
