import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type Outcome, run } from "../../support/program.ts";

/** Who runs the program in there. */
const NOBODY = 65534;

/** A file system with an executable, what its loader needs, migrations, and nothing else. */
export interface BareRoot {
  readonly path: string;
  /** The words that start pgstep in there, as a user without privileges, /proc being the only other file system. */
  run(words: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** Runs another command in there, as that user and group. */
  enter(
    command: readonly string[],
    as: { readonly user: string; readonly environment: Readonly<Record<string, string>> },
  ): Promise<Outcome>;
}

/** Files of this machine and where they go. */
export type Libraries = readonly (readonly [source: string, target: string])[];

export function bareRoot(
  executable: string,
  libraries: Libraries,
  { emulator, preloaded }: { readonly emulator?: string | undefined; readonly preloaded?: string | undefined } = {},
): BareRoot {
  const path = mkdtempSync(join(realpathSync(tmpdir()), "pgstep-root-"));
  chmodSync(path, 0o755);
  const add = (source: string, target: string) => {
    mkdirSync(dirname(join(path, target)), { recursive: true });
    copyFileSync(source, join(path, target));
  };
  add(executable, "pgstep");
  for (const [source, target] of libraries) add(source, target);
  if (emulator) add(emulator, "emulator");
  mkdirSync(join(path, "proc"));
  const migrations = join(path, "app", "database", "migrations");
  mkdirSync(migrations, { recursive: true });
  writeFileSync(join(migrations, "001_first.sql"), "CREATE TABLE first (id int PRIMARY KEY);\n");
  writeFileSync(join(migrations, "002_second.sql"), "CREATE INDEX CONCURRENTLY second ON first ((id + 1));\n");
  // What Bun reads from the working directory when it is not told otherwise; it is the root.
  writeFileSync(join(path, ".env"), "DATABASE_URL=postgres://nobody@127.0.0.1:1/from-env-file\n");
  writeFileSync(join(path, "bunfig.toml"), 'preload = ["./absent.ts"]\n');
  chownSync(join(path, "app"), NOBODY, NOBODY);
  // Set by the emulator: this machine's own programs must not take it.
  const preload = preloaded ? ["-E", `LD_PRELOAD=/${preloaded}`] : [];
  const start = emulator ? ["/emulator", ...preload, "/pgstep"] : ["/pgstep"];
  const script = `mount --bind /proc "$1/proc" && exec env --unset=HOME chroot --userspec="$0" "$@"`;
  const enter: BareRoot["enter"] = (command, { user, environment }) =>
    run(["unshare", "--mount", "sh", "-c", script, user, path, ...command], {
      directory: path,
      environment,
      timeoutMs: 300_000,
    });
  return {
    path,
    enter,
    run: (words, environment) =>
      enter([...start, ...words], {
        user: `${NOBODY}:${NOBODY}`,
        environment: { TMPDIR: "/app", ...environment },
      }),
  };
}

/** The libraries that the system's loader finds for it, where they lie here. */
export function librariesHere(executable: string): Libraries {
  const printed = execFileSync("ldd", [executable], { encoding: "utf8" });
  return [...printed.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path = ""]) => [realpathSync(path), path]);
}

/** Those of another processor, as Debian's cross packages and packages of other architectures lay them out. */
export function librariesIn(directory: string, names: readonly string[]): Libraries | undefined {
  const found = names.map((name) => join(directory, name));
  return found.every((path) => existsSync(path)) ? found.map((path) => [path, join("lib", basename(path))]) : undefined;
}
