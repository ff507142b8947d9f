import { BASH } from "./bash.ts";
import { FISH } from "./fish.ts";
import { POWERSHELL } from "./powershell.ts";
import { ZSH } from "./zsh.ts";

/*
 * How the shells and pgstep talk to each other. At each completion the shell's script runs
 *
 *     pgstep __complete +<word at the cursor, up to the cursor> <the words before it, without the program's name>...
 *
 * and reads one line for each matching word: the word, a tab, its description. A line that starts with a colon asks the
 * shell to complete: ":file", ":directory" or ":program". The plus sign is there because some shells drop an empty
 * word. The scripts know no commands or options, so they do not change with pgstep's version.
 */

/** The hidden command that the scripts run. */
export const COMPLETE = "__complete";

/** The script of each shell; getters, because only one command needs them. */
export const SCRIPTS: Readonly<Record<string, string>> = {
  get bash() {
    return BASH;
  },
  get zsh() {
    return ZSH;
  },
  get fish() {
    return FISH;
  },
  get powershell() {
    return POWERSHELL;
  },
};
