import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly bound: number;
  /** Whether the value should be at most or at least the bound. */
  readonly sense: "at most" | "at least";
  /** Measured with a smaller load. */
  readonly quick: boolean;
}

export function figure(
  name: string,
  value: number,
  unit: string,
  sense: Figure["sense"],
  bound: number,
  quick: boolean,
): Figure {
  return { name, value: Math.round(value * 100) / 100, unit, sense, bound, quick };
}

/** The figure as a line of the table. */
export function figureLine({ name, value, unit, sense, bound }: Figure): string {
  const met = sense === "at most" ? value <= bound : value >= bound;
  const columns = [met ? "ok  " : "MISS", name.padEnd(58), `${value}`.padStart(9), unit.padEnd(6)];
  return `${columns.join(" ")} (${sense} ${bound})`;
}

/** Writes the figures with the machine's data, in place of those of the same names that are there from earlier runs. */
export function writeFigures(path: string, figures: readonly Figure[]): void {
  const earlier = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as { figures: Figure[] }).figures : [];
  const kept = earlier.filter(({ name }) => !figures.some((one) => one.name === name));
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
  writeFileSync(path, `${JSON.stringify({ machine, figures: [...kept, ...figures] }, null, 2)}\n`);
}
