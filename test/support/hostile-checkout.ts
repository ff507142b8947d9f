import { createHash } from "node:crypto";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { temporaryPlace } from "./place.ts";

/** A checkout in which everything tries to start a program or to write elsewhere, in a machine of its own. */
export interface HostileCheckout {
  readonly directory: string;
  /** What a run in it is to see: a home, a place for temporary files, and programs of every name that are traps. */
  readonly environment: Readonly<Record<string, string>>;
  /** The command of the trap, which leaves a file of this name where `sprung` finds it. */
  trap(name: string): string;
  /** The names of the traps that were sprung since the last call. */
  sprung(): string[];
  write(path: string, text: string, mode?: number): void;
  link(path: string, target: string): void;
  /** Every file and link outside of the checkout, with what is in it. */
  outside(): ReadonlyMap<string, string>;
  /** Every file and link in the checkout. */
  inside(): ReadonlyMap<string, string>;
  end(): void;
}

/** Programs that a tool of this kind could be led to start. */
const NAMES = [
  "git",
  "sh",
  "bash",
  "psql",
  "pg_dump",
  "pg_restore",
  "node",
  "npm",
  "npx",
  "bun",
  "deno",
  "cat",
  "less",
  "sudo",
];

export function makeHostileCheckout(): HostileCheckout {
  const place = temporaryPlace("hostile");
  const at = (...parts: string[]) => join(place, ...parts);
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode });
    chmodSync(path, mode);
  };
  for (const name of ["home", "tmp", "caught", "elsewhere"]) mkdirSync(at(name));
  write(at("home", ".bashrc"), "# mine\n");
  write(at("elsewhere", "kept.txt"), "kept\n");
  const trapOf = (name: string) => `/bin/touch ${at("caught", name)}`;
  for (const name of NAMES) write(at("programs", name), `#!/bin/sh\n${trapOf(`program-${name}`)}\n`, 0o755);
  const checkout = at("checkout");
  const gitConfig = `[core]\n\tfsmonitor = ${trapOf("fsmonitor")}\n\thooksPath = hooks\n\tpager = ${trapOf("pager")}\n[alias]\n\tstatus = !${trapOf("alias")}\n`;
  write(join(checkout, ".git", "config"), gitConfig);
  write(join(checkout, ".git", "HEAD"), "ref: refs/heads/main\n");
  write(join(checkout, ".git", "hooks", "post-checkout"), `#!/bin/sh\n${trapOf("git-hook")}\n`, 0o755);
  write(join(checkout, ".env"), "PGSTEP_LOG_FILE=../elsewhere/of-env.log\n");
  const script = `require("node:fs").writeFileSync(${JSON.stringify(at("caught", "module"))}, "");`;
  for (const name of ["postgres", "cac", "picocolors"]) {
    write(join(checkout, "node_modules", name, "index.js"), script);
    write(join(checkout, "node_modules", name, "package.json"), `{ "name": "${name}", "main": "index.js" }`);
  }
  return {
    directory: checkout,
    environment: {
      HOME: at("home"),
      TMPDIR: at("tmp"),
      PATH: at("programs"),
      // Images of what the migrations make, which only pgstep reads.
      XDG_CACHE_HOME: at("cache"),
      // What runtimes keep for themselves is not pgstep's.
      DENO_DIR: join(tmpdir(), "pgstep-hostile-deno"),
      BUN_RUNTIME_TRANSPILER_CACHE_PATH: "0",
    },
    trap: trapOf,
    sprung() {
      const names = readdirSync(at("caught")).sort();
      for (const name of names) rmSync(at("caught", name));
      return names;
    },
    write: (path, text, mode) => write(join(checkout, path), text, mode),
    link(path, target) {
      mkdirSync(dirname(join(checkout, path)), { recursive: true });
      symlinkSync(target, join(checkout, path));
    },
    outside: () => contents(place, (path) => path !== checkout && path !== at("cache")),
    inside: () => contents(checkout, () => true),
    end: () => rmSync(place, { recursive: true, force: true }),
  };
}

/** Paths below a directory with a digest of each file, the target of each link, and "directory". */
function contents(directory: string, isWanted: (path: string) => boolean): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (current: string) => {
    for (const name of readdirSync(current).sort()) {
      const path = join(current, name);
      if (!isWanted(path)) continue;
      const status = lstatSync(path);
      if (status.isSymbolicLink()) found.set(path, `link to ${readlinkSync(path)}`);
      else if (status.isDirectory()) {
        found.set(path, "directory");
        visit(path);
      } else found.set(path, createHash("sha256").update(readFileSync(path)).digest("hex"));
    }
  };
  visit(directory);
  return found;
}
