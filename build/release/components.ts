import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../runtimes.ts";
import { bunVersion } from "./bun-runtime.ts";

/** Third-party software inside a release. */
export interface Component {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly license: string;
  /** The origin, as a package URL. */
  readonly purl: string;
  /** SHA-512 (hex) of the package. */
  readonly sha512?: string;
  /** Set if only executables contain it. */
  readonly inExecutables?: true;
}

/** The embedded PostgreSQL, which every artefact contains. */
const EMBEDDED = "@electric-sql/pglite";

/** The packages in the program, the embedded database, and the runtime, sorted by name. */
export function components(packages: readonly string[]): Component[] {
  const bun = bunVersion();
  return [
    ...[...packages, EMBEDDED].sort().map(npmComponent),
    {
      name: "bun",
      version: bun,
      // Bun's own licence and that of JavaScriptCore, which it links; see its LICENSE.md for smaller parts.
      license: "MIT AND LGPL-2.0-or-later",
      purl: `pkg:github/oven-sh/bun@bun-v${bun}`,
      inExecutables: true,
    },
  ];
}

function npmComponent(name: string): Component {
  const lock = readJson("package-lock.json") as { packages: Record<string, { integrity?: string } | undefined> };
  const { version, license } = readJson(join("node_modules", name, "package.json")) as Record<string, string>;
  const [, digest] = /^sha512-(\S+)$/.exec(lock.packages[`node_modules/${name}`]?.integrity ?? "") ?? [];
  if (version === undefined || license === undefined || digest === undefined) {
    throw new Error(`Cannot describe ${name}: its version, licence or digest is not known`);
  }
  return {
    name,
    version,
    // A licence that is not an SPDX expression would need a check by hand.
    license,
    purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    sha512: Buffer.from(digest, "base64").toString("hex"),
  };
}

/** The licence texts that must accompany an executable. */
export function executableLicenses(ofProgram: string): string {
  const embedded = readFileSync(join(ROOT, "node_modules", EMBEDDED, "LICENSE"), "utf8").trim();
  const version = bunVersion();
  return [
    ofProgram.trim(),
    `${EMBEDDED} (with PostgreSQL, under the PostgreSQL License: https://www.postgresql.org/about/licence/)\n\n${embedded}`,
    [
      `bun ${version}`,
      "",
      "This executable was compiled with Bun, which is under the MIT License and links JavaScriptCore and parts of WebKit",
      "(LGPL-2) as well as smaller libraries. Which they are, their licences, and how to link Bun with a changed",
      "JavaScriptCore:",
      `https://github.com/oven-sh/bun/blob/bun-v${version}/LICENSE.md`,
      "pgstep's own sources and how this executable was made of them: the repository's build/ folder.",
    ].join("\n"),
  ].join("\n\n---\n\n");
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8"));
}
