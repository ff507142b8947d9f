import { shellWord } from "../command-line/consent.ts";
import { masked } from "../secrets/masking.ts";
import { PROGRAM, type ProgramWords } from "./hint-commands.ts";

/** How this process was started. */
export interface ProgramStart {
  /** The runtime of the script; an executable needs none. */
  readonly runtime: "node" | "bun" | "deno" | "executable";
  /** The runtime as a shell finds it: its name if that is on PATH, else its path. */
  readonly runtimeName: string;
  /** The runtime's own options: `--env-file=.env`, `--allow-net`. */
  readonly runtimeOptions: readonly string[];
  /** The script or executable as it was named, without following links. */
  readonly file: string;
  /** The same path for typing in the working directory. */
  readonly shownFile: string;
  /** The name of this program on PATH; undefined if it is not found. */
  readonly nameOnPath: string | undefined;
  /** True if Deno was given a package (`npm:pgstep`) instead of a file. */
  readonly isDenoPackage: boolean;
  /** The environment; package managers set `npm_*` in it. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** How each package manager runs a program of a package, by the first word of npm_config_user_agent. */
const RUNNERS: Readonly<Record<string, { readonly run: string; readonly script?: (name: string) => string }>> = {
  npm: { run: "npx", script: (name) => `npm run ${name} --` },
  pnpm: { run: "pnpm exec" },
  yarn: { run: "yarn", script: (name) => `yarn run ${name}` },
  bun: { run: "bunx", script: (name) => `bun run ${name}` },
};

/** The words that start pgstep as this process was started, or at least in a way that works in the same directory. */
export function programWords(start: ProgramStart, commandNames: readonly string[]): ProgramWords {
  return packageWords(start, commandNames) ?? { words: plainWords(start), given: new Set() };
}

function plainWords(start: ProgramStart): string {
  const { runtime, runtimeName, runtimeOptions, nameOnPath, shownFile, isDenoPackage } = start;
  if (nameOnPath !== undefined) return nameOnPath;
  const file = isDenoPackage ? `npm:${PROGRAM}` : shellWord(shownFile);
  const isLink = runtime === "node" && runtimeOptions.length === 0 && !/\.[cm]?[jt]s$/.test(shownFile);
  if (runtime === "executable" || isLink) return /[/\\]/.test(file) ? file : `./${file}`;
  const verb = runtime === "deno" ? ["run"] : [];
  return [runtimeName, ...verb, ...runtimeOptions].map(shellWord).concat(file).join(" ");
}

/** The package manager's words for a program in a package; undefined if no package manager started it. */
function packageWords(start: ProgramStart, commandNames: readonly string[]): ProgramWords | undefined {
  const { runtime, file, variables } = start;
  if (runtime !== "node" && runtime !== "bun") return undefined;
  if (!/[/\\]node_modules[/\\](?:\.bin[/\\]pgstep|pgstep[/\\])/.test(file)) return undefined;
  const manager = (variables.npm_config_user_agent ?? "").split("/", 1)[0] ?? "";
  const known = Object.hasOwn(RUNNERS, manager) ? RUNNERS[manager] : undefined;
  if (!known) return undefined;
  const isDownloaded = /[/\\]dlx[-/\\]/.test(file);
  const onBun = manager === "bun" && runtime === "bun";
  const run = isDownloaded ? `${manager} dlx` : onBun ? "bunx --bun" : known.run;
  const script = manager === "pnpm" ? undefined : scriptOf(variables);
  if (!script) return { words: `${run} ${packageOf(manager, variables)}`, given: new Set() };
  const takesCommand = script.isAtEnd && !script.words.some((word) => commandNames.includes(word));
  if (takesCommand && known.script) {
    const words = known.script(shellWord(script.name));
    return { words: onBun ? words.replace(/^bun /, "bun --bun ") : words, given: flagNames(script.words) };
  }
  const { assignments, wrapper } = script;
  return { words: masked([...assignments, run, ...wrapper, PROGRAM].join(" ")), given: new Set() };
}

/** The package that npx and bunx got pgstep from, if it is not simply "pgstep". */
function packageOf(manager: string, variables: ProgramStart["variables"]): string {
  const { npm_config_package: named, npm_lifecycle_event: event, npm_lifecycle_script: script } = variables;
  const source = manager === "npm" && event === "npx" ? named : event === "bunx" ? script : undefined;
  if (!source || source.includes("\n") || source === PROGRAM) return PROGRAM;
  return source.startsWith(`${PROGRAM}@`) ? shellWord(source) : `--package ${shellWord(source)} ${PROGRAM}`;
}

/** The script in a package.json that started pgstep. */
interface PackageScript {
  readonly name: string;
  /** The words after pgstep's name. */
  readonly words: readonly string[];
  /** True if words added to the script reach pgstep. */
  readonly isAtEnd: boolean;
  /** `NAME=value` words before pgstep's name. */
  readonly assignments: readonly string[];
  /** A program that sets variables for pgstep, with its options. */
  readonly wrapper: readonly string[];
}

const WRAPPERS = ["cross-env", "cross-env-shell", "dotenv", "dotenvx", "env-cmd"];

function scriptOf({ npm_lifecycle_event: name, npm_lifecycle_script: text }: ProgramStart["variables"]) {
  if (!name || !text || name === "npx" || name === "bunx") return undefined;
  const commands = text.split(/&&|\|\||[;|\n]/).map((command) => command.trim().split(/\s+/));
  const command = commands.find((words) => words.includes(PROGRAM));
  if (!command) return undefined;
  const at = command.indexOf(PROGRAM);
  const before = command.slice(0, at);
  const other = before.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  const wrapper = other === -1 ? [] : before.slice(other);
  return {
    name,
    words: command.slice(at + 1),
    isAtEnd: command === commands.at(-1),
    assignments: other === -1 ? before : before.slice(0, other),
    wrapper: WRAPPERS.includes(wrapper[0] ?? "") ? wrapper : [],
  } satisfies PackageScript;
}

function flagNames(words: readonly string[]): ReadonlySet<string> {
  return new Set(words.filter((word) => word.startsWith("--")).map((word) => word.slice(2).split("=", 1)[0] ?? ""));
}
