import { BASH } from "./bash.ts";
import { FISH } from "./fish.ts";
import { POWERSHELL } from "./powershell.ts";
import { ZSH } from "./zsh.ts";

/*
 * How the shells and pgstep talk to each other. On each press of the key the shell's script runs
 *
 *     pgstep __complete +<word at the cursor, up to the cursor> <the words before it, without the program's name>...
 *
 * and reads a line for each word that fits, with a tab and what it means behind it. A line that starts with a colon asks
 * the shell itself: ":file", ":directory" or ":program". The plus sign is there since some shells drop an empty word.
 * So scripts know nothing of commands and options, and need no renewal when pgstep is renewed.
 */

/** The hidden command that the scripts run. */
export const COMPLETE = "__complete";

/** The script of each shell. */
export const SCRIPTS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH, powershell: POWERSHELL };
