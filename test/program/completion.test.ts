import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { ensureBuilt } from "../../build/ensure-built.ts";
import { temporaryPlace } from "../support/place.ts";
import { run } from "../support/program.ts";

/** What the real shells make of the scripts, in a directory with migrations and with a program named pgstep in PATH. */

let place = "";
let program = "";

before(async () => {
  program = await ensureBuilt();
  place = temporaryPlace("completion");
  for (const path of ["bin", "zsh", "work/database/migrations", "work/my dir", "work/mine"]) {
    mkdirSync(join(place, path), { recursive: true });
  }
  const files = ["database/migrations/001_a.sql", "database/migrations/001_a.down.sql", "database/migrations/x.sql"];
  for (const file of [...files, "database/migrations/010_b_c.sql", "my dir/007_spaced.sql", "my.env"]) {
    writeFileSync(join(place, "work", file), "");
  }
  writeFileSync(join(place, "bin", "pgstep"), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(join(place, "bin", "pgstep"), 0o755);
});

/** Why a shell cannot be tried here, or false. */
function lacks(shell: string): string | false {
  return spawnSync(shell, ["-c", "exit 0"]).status === 0 ? false : `${shell} is not installed`;
}

/** The lines that a shell prints when it runs a script there. */
async function lines(command: readonly [string, ...string[]], script: string): Promise<string[]> {
  const path = join(place, "script");
  writeFileSync(path, script);
  const { stdout, stderr } = await run([...command, path], {
    directory: join(place, "work"),
    environment: { PATH: `${join(place, "bin")}:${process.env.PATH}`, HOME: place, ZDOTDIR: join(place, "zsh") },
  });
  assert.equal(stderr, "");
  return stdout.trimEnd().split("\n");
}

describe("completion", () => {
  test("in bash", { skip: lacks("bash") }, async () => {
    // Each case is a line and its words as bash splits them: at = and : as well.
    const cases: readonly (readonly [expected: string, line: string, ...words: string[]])[] = [
      ["status", "pgstep statu", "pgstep", "statu"],
      ["001 010", "pgstep up ", "pgstep", "up", "''"],
      ["001", "pgstep up 00", "pgstep", "up", "00"],
      ["001 010", "pgstep down --to=0", "pgstep", "down", "--to", "=", "0"],
      ["001 010", "pgstep down --to=", "pgstep", "down", "--to", "="],
      ["mine", "pgstep --dir=mi", "pgstep", "--dir", "=", "mi"],
      ["mine my dir", "pgstep --dir m", "pgstep", "--dir", "m"],
      ["007", 'pgstep --dir "my dir" up ', "pgstep", "--dir", `'"my dir"'`, "up", "''"],
      ["010", "pgstep --url pg://u:p@h/d up 01", "pgstep", "--url", "pg", ":", "//u", ":", "p@h/d", "up", "01"],
      ["bash fish", "pgstep completion ", "pgstep", "completion", "''"],
      ["pgstep", "pgstep up -- pgste", "pgstep", "up", "--", "pgste"],
      ["", "pgstep nothing ", "pgstep", "nothing", "''"],
    ];
    const script = `source <(pgstep completion bash)
try() {
    COMP_LINE=$1 COMP_POINT=\${#1}; shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _pgstep; printf '%s\\n' "$(printf '%s\\n' "\${COMPREPLY[@]}" | sort -u | head -n 2 | paste -sd ' ' -)"
}
${cases.map(([, line, ...words]) => `try '${line}' ${words.join(" ")}`).join("\n")}
complete -p pgstep
`;
    assert.deepEqual(await lines(["bash", "--norc"], script), [
      ...cases.map(([expected]) => expected),
      "complete -F _pgstep pgstep",
    ]);
  });

  test("in zsh", { skip: lacks("zsh") }, async () => {
    const cases: readonly (readonly [expected: string, typed: string])[] = [
      ["status", "pgstep statu"],
      ["up|010", "pgstep up 01"],
      ["down|--to=010", "pgstep down --to=01"],
      ["--dir=mine", "pgstep --dir=mi"],
      ["--dir|my dir", "pgstep --dir my\\ "],
      ["--dir|my dir|up|007", "pgstep --dir 'my dir' up "],
      ["completion|fish", "pgstep completion f"],
      ["--lock-wait", "pgstep --lock-w"],
    ];
    // What was completed is run, by a function that tells it.
    writeFileSync(
      join(place, "zsh", ".zshrc"),
      `autoload -Uz compinit && compinit -u -D
pgstep() { if [[ $1 == __complete ]]; then command pgstep "$@"; else print -r -- "RAN:\${(j:|:)@}:END"; fi }
eval "$(command pgstep completion zsh)"
print READY
`,
    );
    const script = `zmodload zsh/zpty
TERM=dumb zpty terminal zsh -o no_global_rcs -i
zpty -r terminal out '*READY*'
${cases.map(([, typed]) => `type $'${typed.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}\\t'`).join("\n")}
`.replaceAll(/^type (.*)$/gm, (_, typed: string) =>
      [
        `zpty -w terminal ${typed}`,
        "zpty -r terminal out '*RAN*:END*'",
        `print -r -- "\${\${out##*RAN:}%%:END*}"`,
      ].join("\n"),
    );
    assert.deepEqual(
      await lines(["zsh", "-f"], script),
      cases.map(([expected]) => expected),
    );
  });

  test("in fish", { skip: lacks("fish") }, async () => {
    const cases: readonly (readonly [expected: string, typed: string])[] = [
      ["status\tshow applied and pending migrations", "pgstep statu"],
      ["001\ta 010\tb c", "pgstep up "],
      ["--to=001\ta --to=010\tb c", "pgstep down --to=0"],
      ["--dir=mine/\tDirectory", "pgstep --dir=mi"],
      ["007\tspaced", "pgstep --dir 'my dir' up "],
      ["fish", "pgstep completion f"],
      ["pgstep\tcommand", "pgstep up -- pgste"],
    ];
    const script = `pgstep completion fish | source
${cases.map(([, typed]) => `echo (complete -C "${typed}")`).join("\n")}
`;
    assert.deepEqual(
      await lines(["fish", "--no-config"], script),
      cases.map(([expected]) => expected),
    );
  });

  test("never fails, and says nothing where nothing can be read", async () => {
    for (const words of [
      ["+", "--dir", "nowhere", "up"],
      ["+", "--dir", "my.env", "up"],
      [],
      ["+x", "--config", "?", "up"],
    ]) {
      const { stdout, stderr, status } = await run([process.execPath, program, "__complete", ...words], {
        directory: join(place, "work"),
        environment: { PGSTEP_LOCK_WAIT: "nonsense", PGSTEP_CONFIG: "nowhere.json" },
      });
      assert.deepEqual({ stderr, status }, { stderr: "", status: 0 });
      if (words.length > 0) assert.equal(stdout, "");
    }
  });

  test("reads the directory that a variable or the project file names", async () => {
    const complete = async (environment: Record<string, string>) => {
      const command = [process.execPath, program, "__complete", "+", "up"] as const;
      return (await run([...command], { directory: join(place, "work"), environment })).stdout;
    };
    assert.equal(await complete({ PGSTEP_DIR: "my dir" }), "007\tspaced\n");
    writeFileSync(join(place, "work", "pgstep.json"), '{ "directory": "my dir" }');
    assert.equal(await complete({}), "007\tspaced\n");
    rmSync(join(place, "work", "pgstep.json"));
  });
});
