import { type Finding, finding } from "../failure/failure.ts";
import type { Direction } from "../migrations/migration.ts";
import { compareVersions, versionKey } from "../migrations/version.ts";
import type { FoundMigration, FoundScript } from "./format.ts";

/** A script whose name says which migration and direction it is for. */
export interface NamedScript extends FoundScript {
  readonly version: string;
  readonly name: string;
  readonly description: string;
  readonly direction: Direction;
  readonly environment?: string | undefined;
  readonly program?: string;
}

/** The scripts of a file that may have both directions. */
export interface ScriptsOfFile {
  readonly up: FoundScript;
  readonly down?: FoundScript;
}

/** The scripts of such a file, with what its name says about both. */
export function named(about: Omit<NamedScript, "direction" | "path">, { up, down }: ScriptsOfFile): NamedScript[] {
  const first: NamedScript = { ...about, ...up, direction: "up" };
  return down ? [first, { ...about, ...down, direction: "down" }] : [first];
}

/** How the tool names its files. */
export interface Naming {
  /** What a down script shares with its migration. */
  readonly pairs: "name" | "version";
  /** The up file that lacks for a down script. */
  up(down: NamedScript): string;
  /** The down file that belongs to a migration. */
  down(up: NamedScript): string;
}

/**
 * The migrations of these scripts, lowest version first; reports versions that are used twice, and down scripts without
 * a migration.
 */
export function paired(scripts: readonly NamedScript[], naming: Naming, findings: Finding[]): FoundMigration[] {
  const ups = scripts.filter(({ direction }) => direction === "up").sort(byVersionThenPath);
  const downs = new Map<string, NamedScript>();
  const pairOf = (script: NamedScript) =>
    `${script.environment ?? ""}/${naming.pairs === "name" ? script.name : versionKey(script.version)}`;
  for (const down of scripts) {
    if (down.direction !== "down") continue;
    const earlier = downs.get(pairOf(down));
    if (earlier) reportTwice(earlier, down, findings);
    downs.set(pairOf(down), down);
  }
  findDuplicates(ups, findings);
  const migrations = ups.map((up): FoundMigration => {
    const pair = downs.size > 0 ? pairOf(up) : undefined;
    const down = pair === undefined ? undefined : downs.get(pair);
    if (down && pair !== undefined) downs.delete(pair);
    const { version, name, description, environment, program } = up;
    const found = { version, name, description, environment, up };
    return program === undefined && !down
      ? found
      : { ...found, ...(program !== undefined && { program }), ...(down && { down }) };
  });
  for (const down of downs.values()) findings.push(strayDown(down, ups, naming));
  return migrations;
}

function byVersionThenPath(left: NamedScript, right: NamedScript): number {
  return compareVersions(left.version, right.version) || (left.path < right.path ? -1 : 1);
}

/** @param ups lowest version first */
function findDuplicates(ups: readonly NamedScript[], findings: Finding[]): void {
  let first: NamedScript | undefined;
  for (const script of ups) {
    if (!first || versionKey(script.version) !== versionKey(first.version)) first = script;
    else reportTwice(first, script, findings);
  }
}

function reportTwice(first: NamedScript, second: NamedScript, findings: Finding[]): void {
  findings.push(
    finding("duplicate-version", {
      message: `version ${second.version} is used twice: by ${shortName(first)} and ${shortName(second)}`,
      hint:
        first.environment === second.environment
          ? "Give one of them another version."
          : "Give one of them another version: environment folders share the numbering. Move any other folder elsewhere.",
      place: { path: second.path },
    }),
  );
}

function strayDown(down: NamedScript, ups: readonly NamedScript[], naming: Naming): Finding {
  const up = ups.find((one) => versionKey(one.version) === versionKey(down.version));
  return finding("down-without-up", {
    message: `${fileName(down.path)} has no matching migration`,
    hint: up ? `Rename it to ${naming.down(up)}.` : `Add ${naming.up(down)}, or remove it.`,
    place: { path: down.path },
  });
}

/** The name of the file, with its environment's folder if it is in one. */
function shortName({ path, environment }: NamedScript): string {
  return environment === undefined ? fileName(path) : `${environment}/${fileName(path)}`;
}

export function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
