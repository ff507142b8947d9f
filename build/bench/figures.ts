import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";

export type Sense = "at most" | "at least";

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Absent for a figure that is only shown for comparison. */
  readonly bound?: number;
  /** The direction of the bound. */
  readonly sense?: Sense;
  /** Measured with a smaller load. */
  readonly quick: boolean;
}

export function rounded(figure: Figure): Figure {
  return { ...figure, value: Math.round(figure.value * 100) / 100 };
}

/** The figure as a line of the table. */
export function figureLine({ name, value, unit, sense, bound }: Figure): string {
  const columns = [name.padEnd(58), `${value}`.padStart(9), unit.padEnd(6)];
  if (sense === undefined || bound === undefined) return ["    ", ...columns].join(" ").trimEnd();
  const met = sense === "at most" ? value <= bound : value >= bound;
  return `${[met ? "ok  " : "MISS", ...columns].join(" ")} (${sense} ${bound})`;
}

/** Writes the figures and the machine's data; keeps earlier figures with other names. */
export function writeFigures(path: string, figures: readonly Figure[]): void {
  const earlier = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as { figures: Figure[] }).figures : [];
  const kept = earlier.filter(({ name }) => !figures.some((one) => one.name === name));
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
  writeFileSync(path, `${JSON.stringify({ machine, figures: [...kept, ...figures] }, null, 2)}\n`);
}
