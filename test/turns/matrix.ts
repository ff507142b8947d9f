import type { RuntimeName } from "../support/program.ts";
import type { Connection, Kind } from "./trial.ts";
import { VERBS, type Verb } from "./verbs.ts";

/** Runtimes that the whole matrix is run on. */
export const TURN_RUNTIMES = ["node", "binary"] as const satisfies readonly RuntimeName[];

export const CONNECTIONS: readonly Connection[] = [
  { name: "direct", hurt: "direct", other: "direct", together: false },
  { name: "pooled", hurt: "pooled", other: "pooled", together: false },
  { name: "direct-then-pooled", hurt: "direct", other: "pooled", together: false },
  { name: "pooled-then-direct", hurt: "pooled", other: "direct", together: false },
  { name: "direct-with-pooled", hurt: "direct", other: "pooled", together: true },
  { name: "pooled-with-direct", hurt: "pooled", other: "direct", together: true },
];

const KINDS: readonly Kind[] = ["lost", "unanswered", "half-open", "kill", "hold"];

/** One line of the result: every turn of one verb, on one kind of connection, hurt in one way. */
export interface Line {
  readonly runtime: RuntimeName;
  readonly verb: Verb;
  readonly connection: Connection;
  readonly kind: Kind;
}

/**
 * The lines that words choose: names of verbs, connections, kinds and runtimes, in any order; several of one sort give
 * all of them, none of a sort gives every one.
 * @throws for a word that names nothing
 */
export function chosenLines(words: readonly string[]): readonly Line[] {
  const sorts = [
    VERBS.map(({ name }) => name),
    CONNECTIONS.map(({ name }) => name),
    KINDS,
    TURN_RUNTIMES,
  ] as const satisfies readonly (readonly string[])[];
  const unknown = words.filter((word) => !sorts.some((names: readonly string[]) => names.includes(word)));
  if (unknown.length > 0)
    throw new Error(`Nothing is named ${unknown.join(", ")}; known are ${sorts.flat().join(", ")}`);
  const isChosen = (names: readonly string[], name: string) => {
    const own = words.filter((word) => names.includes(word));
    return own.length === 0 || own.includes(name);
  };
  return TURN_RUNTIMES.flatMap((runtime) =>
    VERBS.flatMap((verb) =>
      CONNECTIONS.flatMap((connection) => KINDS.map((kind): Line => ({ runtime, verb, connection, kind }))),
    ),
  ).filter(
    (line) =>
      makesSense(line) &&
      isChosen(sorts[0], line.verb.name) &&
      isChosen(sorts[1], line.connection.name) &&
      isChosen(sorts[2], line.kind) &&
      isChosen(sorts[3], line.runtime),
  );
}

function makesSense({ runtime, verb, connection, kind }: Line): boolean {
  const { hurt, other, together } = connection;
  if (hurt !== other && !verb.rival) return false;
  // Which of two undisturbed runs comes first the server decides, whatever runs them.
  if (kind === "hold") return together && runtime === "binary";
  // For who comes besides, a message that was lost is like one whose answer was.
  if (together && kind === "unanswered") return false;
  // A pooler notices the loss by itself, whatever the server does; and the lock is looked at while nobody else comes.
  if (kind === "half-open") return connection.name === "direct";
  // The harder form of it.
  if (kind === "unanswered" && connection.name === "direct") return false;
  // What the other way finds after a fault is what the fault left, and a killed run leaves most.
  if (hurt !== other && !together) return kind === "kill";
  return true;
}

/** The words that choose one line. */
export function wordsOf({ runtime, verb, connection, kind }: Line): string {
  return [verb.name, connection.name, kind, runtime].join(" ");
}
