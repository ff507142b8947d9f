import assert from "node:assert/strict";
import type { Ended } from "../faults/support/child.ts";
import type { Ground } from "../faults/support/ground.ts";
import { failureTold } from "../faults/support/truth.ts";
import type { Verb } from "./verbs.ts";

/** How many commands that a hint names are followed before the test gives up. */
const MOST_ADVICE = 4;

/**
 * Runs what completes a verb's work, as somebody would who only reads what pgstep prints: a command that fails is run
 * again after the command that its hint names. Returns what happened, for messages.
 */
export async function followThrough(verb: Verb, ground: Ground, url: string): Promise<string> {
  const stories: string[] = [];
  for (const { words, settled = [], sql } of verb.following) {
    if (sql) await ground.query(sql);
    const chosen = words === "again" ? verb.words(ground) : words;
    stories.push(await runAsAdvised(ground, url, chosen, settled));
  }
  return stories.join("\n");
}

async function runAsAdvised(
  ground: Ground,
  url: string,
  words: readonly string[],
  settled: readonly string[],
): Promise<string> {
  const stories: string[] = [];
  for (let attempt = 0; attempt <= MOST_ADVICE; attempt++) {
    const ended = await ground.run(words, { url, timeLimitMs: 45_000 });
    stories.push(ended.story);
    if (ended.status === 0 || settled.includes(failureTold(ended).code)) return stories.join("\n");
    const advice = adviceIn(ended);
    assert.ok(advice, `a command that follows fails, and its hint names no command: ${stories.join("\n")}`);
    stories.push((await ground.run(advice, { url, timeLimitMs: 45_000 })).story);
  }
  assert.fail(`following the hints does not end: ${stories.join("\n")}`);
}

/** The words of the first command that the hints of a failure, and of what it found, name. */
function adviceIn(ended: Ended): string[] | undefined {
  const { hint, findings } = failureTold(ended);
  const hints = [hint, ...((findings ?? []) as readonly { hint: string | null }[]).map((finding) => finding.hint)];
  // The flags that the ground gives to each command itself, with the database of the moment.
  const text = hints.join("\n").replace(/ --url (?:'[^']*'|\S+) --dir \S+/g, "");
  const command = /\bpgstep ((?:up|down|redo|reset|seed|repair|resolve)\b[^.;:,]*)/.exec(text)?.[1];
  // "Run pgstep down to go on where it stopped": a purpose is not part of the command.
  return command
    ?.replace(/ (?:to|again|for|and) .*$| again$/, "")
    .trim()
    .split(/\s+/);
}
