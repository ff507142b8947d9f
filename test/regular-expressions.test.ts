import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { transformSync } from "esbuild";
import { ROOT } from "../build/runtimes.ts";

/*
 * A text of others' must not stop pgstep: a transaction is open meanwhile. So what reads one takes time that grows with its
 * length, and not with the square of it.
 */

/** Expressions that the checker does not like, each with the reason why it does no harm. */
const HARMLESS: Readonly<Record<string, string>> = {
  "\\B(?=(\\d{3})+$)": "the digits of one number",
  "^( +\\S(?:.*?\\S)?) {2,}(\\S.*)$": "lines of pgstep's own help",
  '"((?:[^"]|"")*)"$': "one quoted name, of 63 bytes at most",
  "\\bset_config\\s*\\(|\\bexecute\\b[^;]{0,200}'\\s*set\\s+(?!local\\b)":
    "no more than 200 characters behind each EXECUTE",
  "E?'(?:[^'\\\\]|''|\\\\.)*'|\"(?:[^\"]|\"\")*\"|(\\$\\w*\\$)[\\s\\S]*?\\1|--[^\\n]*":
    "statements that pg_dump wrote: every quote is closed",
  "('(?:[^']|'')*')::text(?![\\w[])": "one definition of an object, without the body of a function",
};

interface Expression {
  readonly pattern: string;
  readonly flags: string;
}

interface Tools {
  readonly tokenizer: (
    code: string,
    options: { readonly ecmaVersion: "latest"; readonly sourceType: "module" },
  ) => Iterable<{ readonly type: { readonly label: string }; readonly value?: unknown }>;
  readonly checkSync: (
    pattern: string,
    flags: string,
    options: { readonly timeout: number },
  ) => { readonly status: string; readonly attack?: { readonly pattern: string } };
}

/** Loaded here alone: who only compiles the tests does not need them. */
async function tools(): Promise<Tools> {
  const [{ tokenizer }, { checkSync }] = await Promise.all([import("acorn" as string), import("recheck" as string)]);
  return { tokenizer, checkSync };
}

/** Every regular expression literal in src/, by the file that has it. */
function expressions({ tokenizer }: Pick<Tools, "tokenizer">): Map<string, Expression[]> {
  const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".ts"),
  );
  return new Map(
    files.map((path) => {
      const { code } = transformSync(readFileSync(join(ROOT, "src", path), "utf8"), { loader: "ts", target: "esnext" });
      const tokens = [...tokenizer(code, { ecmaVersion: "latest", sourceType: "module" })];
      return [path, tokens.filter(({ type }) => type.label === "regexp").map(({ value }) => value as Expression)];
    }),
  );
}

describe("a text of others'", () => {
  test("meets no regular expression that backtracks over it", async () => {
    const { tokenizer, checkSync } = await tools();
    const known = new Set<string>();
    const problems: string[] = [];
    for (const [path, found] of expressions({ tokenizer })) {
      for (const { pattern, flags } of found) {
        const written = `/${pattern}/${flags}`;
        if (known.has(written) || Object.hasOwn(HARMLESS, pattern)) continue;
        // Without a repetition that has no end, a search takes at most some steps for each character.
        if (!/[*+]|,\}/.test(pattern)) continue;
        known.add(written);
        const search = () => checkSync(pattern, flags, { timeout: 20_000 });
        // The search is random, and reports linear work as an attack now and then, so an attack must be found twice.
        const result = search().status === "vulnerable" ? search() : undefined;
        if (result?.status === "vulnerable") problems.push(`${path}: ${written}, e.g. ${result.attack?.pattern}`);
      }
    }
    assert.deepEqual(problems, []);
    assert.ok(known.size > 150, "they are found");
  });

  test("is read in linear time by every function that takes one, at its worst", async () => {
    const program = join(ROOT, "test", "support", "worst-inputs.ts");
    const child = spawn(process.execPath, ["--import", "tsx", program], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let told = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      told += text;
    });
    // Quadratic, one of them alone takes hours.
    const limit = setTimeout(() => child.kill("SIGKILL"), 15 * 60_000);
    await new Promise((resolve) => child.once("close", resolve));
    clearTimeout(limit);
    assert.equal(told.trimEnd().split("\n").at(-1), "done");
  });
});
