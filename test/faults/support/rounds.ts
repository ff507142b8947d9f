import process from "node:process";
import { chosenRuntimes, type RuntimeName } from "../../support/program.ts";

/*
 * What the environment decides: FAULTS_ROUNDS, how many faults at random moments (few for `npm test`, 200 kills for
 * `npm run test:faults`); FAULTS_SEED, the seed of the first of them; RUNTIMES, on what pgstep runs.
 */

const SHORT_ROUNDS = 6;

const rounds = number("FAULTS_ROUNDS") ?? SHORT_ROUNDS;
const firstSeed = number("FAULTS_SEED") ?? Math.floor(Math.random() * 1e9);

/** Whether there is time for a test that mostly waits. */
export const hasTime = rounds > SHORT_ROUNDS;

/** The seeds of one kind of fault. @param share how many there are of it, of all rounds */
export function seeds(share: number): number[] {
  return Array.from({ length: Math.max(1, Math.round(rounds * share)) }, (_, round) => firstSeed + round);
}

/** Node, unless RUNTIMES names others. */
export function faultRuntimes(): readonly RuntimeName[] {
  return process.env.RUNTIMES ? chosenRuntimes() : ["node"];
}

/** Chance that can be repeated. */
export interface Chance {
  /** A whole number from 0 up to but not including `limit`. */
  below(limit: number): number;
  /** Any number from `low` up to `high`. */
  between(low: number, high: number): number;
  pick<T>(choices: readonly [T, ...T[]]): T;
}

/** The same numbers for the same seed (the mulberry32 generator). */
export function chance(seed: number): Chance {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  // Seeds that follow each other begin alike.
  for (let skipped = 0; skipped < 4; skipped++) next();
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    between: (low, high) => low + next() * (high - low),
    pick: (choices) => choices[below(choices.length)] ?? choices[0],
  };
}

function number(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === "") return undefined;
  if (!/^\d+$/.test(text)) throw new Error(`${name} must be a whole number, not "${text}"`);
  return Number(text);
}
