import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import type { Metafile, TransformOptions } from "esbuild";
import { transform } from "esbuild";
import { moduleAsFunction } from "./module-as-function.ts";
import { ROOT } from "./runtimes.ts";

/**
 * The modules that `pgstep up` evaluates when nothing is pending, one a line. They are stored and compiled together.
 * `UPDATE=1 npm test -- program/start` writes the file.
 */
export const START_MODULES = join(ROOT, "build", "start-modules.txt");

/**
 * Packs the modules of a bundle as texts that are compiled when they are used. Returns a Pack
 * (src/adapters/process/packed-program.ts) as an expression.
 * @param metafile of the bundle
 * @param entry the module that is evaluated first
 */
export async function pack({ inputs }: Metafile, entry: string, options: TransformOptions): Promise<string> {
  const listed = new Set(readFileSync(START_MODULES, "utf8").split("\n"));
  const others = [...reachableFrom(inputs, entry)].filter((path) => path !== entry).sort();
  const first = [entry, ...others.filter((path) => listed.has(nameOf(path)))];
  const rest = others.filter((path) => !listed.has(nameOf(path)));
  const ids = new Map([...first, ...rest].map((path, id) => [path, id]));
  const texts = (paths: readonly string[]) => Promise.all(paths.map((path) => textOf(path, inputs, ids, options)));
  const [firstTexts, restTexts] = [await texts(first), await texts(rest)];
  const firstText = `[\n${firstTexts.join(",\n")}\n]`;
  const lengths = JSON.stringify(rest.map((path, index) => [nameOf(path), (restTexts[index] ?? "").length + 2]));
  // In parentheses a function is compiled at once instead of being read twice.
  const restText = `${lengths}\n${restTexts.map((text) => `(${text})`).join("")}`;
  const digest = createHash("sha256").update(firstText).digest("hex").slice(0, 32);
  return `{
  first: () => "${packed(firstText)}",
  rest: () => "${packed(restText)}",
  count: ${first.length},
  digest: "${digest}",
}`;
}

function reachableFrom(inputs: Metafile["inputs"], entry: string): ReadonlySet<string> {
  const found = new Set([entry]);
  for (const path of found) {
    for (const { external, path: imported } of inputs[path]?.imports ?? []) if (!external) found.add(imported);
  }
  return found;
}

async function textOf(
  path: string,
  inputs: Metafile["inputs"],
  ids: ReadonlyMap<string, number>,
  options: TransformOptions,
): Promise<string> {
  const { code } = await transform(readFileSync(join(ROOT, path), "utf8"), {
    ...options,
    loader: path.endsWith(".ts") ? "ts" : "js",
    format: "cjs",
    sourcefile: path,
  });
  const imports = inputs[path]?.imports ?? [];
  return moduleAsFunction(identifierOf(nameOf(path)), code, (specifier) => {
    const id = ids.get(imports.find(({ original }) => original === specifier)?.path ?? "");
    if (id !== undefined) return String(id);
    if (isBuiltin(specifier)) return JSON.stringify(specifier.replace(/^node:/, ""));
    throw new Error(`${path} imports ${specifier}, which is not in the program`);
  });
}

/** The name of a module's function, which shows in a profile. */
export function identifierOf(name: string): string {
  return `_${name.replace(/[^a-zA-Z0-9]/g, "_")}`;
}

/** The name in stack traces. */
function nameOf(path: string): string {
  return path.replace(/^src\/|^node_modules\//, "");
}

function packed(text: string): string {
  return brotliCompressSync(text).toString("base64");
}
