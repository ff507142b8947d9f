import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type ProgramStart, programWords } from "../../../src/core/hints/program-start.ts";

const NAMES = ["up", "migrate", "status", "baseline", "reset"];

const BARE: ProgramStart = {
  runtime: "node",
  runtimeName: "node",
  runtimeOptions: [],
  file: "/srv/app/dist/pgstep.js",
  shownFile: "dist/pgstep.js",
  nameOnPath: undefined,
  isDenoPackage: false,
  variables: {},
};

const BIN = { ...BARE, file: "/srv/app/node_modules/.bin/pgstep", shownFile: "node_modules/.bin/pgstep" };

function words(start: Partial<ProgramStart>, from: ProgramStart = BARE): string {
  return programWords({ ...from, ...start }, NAMES).words;
}

function managed(manager: string, variables: Readonly<Record<string, string>>, start: Partial<ProgramStart> = {}) {
  const agent = `${manager}/1.2.3 npm/? node/v20.0.0 linux x64`;
  return programWords({ ...BIN, ...start, variables: { npm_config_user_agent: agent, ...variables } }, NAMES);
}

/** The variables that a script of package.json is run with. */
function script(text: string, name = "db") {
  return { npm_command: "run", npm_lifecycle_event: name, npm_lifecycle_script: text };
}

describe("how pgstep was started", () => {
  test("is its name where a shell finds it", () => {
    assert.equal(words({ nameOnPath: "pgstep" }), "pgstep");
    assert.equal(words({ runtime: "executable", nameOnPath: "deploy" }), "deploy");
  });

  test("is a path otherwise, with the runtime and its options before it", () => {
    assert.equal(words({}), "node dist/pgstep.js");
    assert.equal(words({ shownFile: "/opt/my app/pgstep.js" }), "node '/opt/my app/pgstep.js'");
    assert.equal(words({ runtimeOptions: ["--env-file=.env"] }), "node --env-file=.env dist/pgstep.js");
    assert.equal(words({}, BIN), "node_modules/.bin/pgstep");
    assert.equal(words({ runtimeOptions: ["--no-warnings"] }, BIN), "node --no-warnings node_modules/.bin/pgstep");
    assert.equal(words({ runtime: "bun", runtimeName: "/opt/bun" }), "/opt/bun dist/pgstep.js");
    assert.equal(words({ runtime: "deno", runtimeName: "deno", runtimeOptions: ["-A"] }), "deno run -A dist/pgstep.js");
    assert.equal(
      words({ runtime: "deno", runtimeName: "deno", runtimeOptions: ["--allow-net"], isDenoPackage: true }),
      "deno run --allow-net npm:pgstep",
    );
    assert.equal(words({ runtime: "executable", shownFile: "pgstep-linux-x64" }), "./pgstep-linux-x64");
    assert.equal(words({ runtime: "executable", shownFile: "bin/deploy" }), "bin/deploy");
  });

  test("is npx, bunx, pnpm or yarn where one of them has started it", () => {
    assert.equal(managed("npm", { npm_lifecycle_event: "npx", npm_lifecycle_script: "'pgstep'" }).words, "npx pgstep");
    const bunx = { npm_lifecycle_event: "bunx", npm_lifecycle_script: "pgstep" };
    assert.equal(managed("bun", bunx).words, "bunx pgstep");
    assert.equal(managed("bun", bunx, { runtime: "bun" }).words, "bunx --bun pgstep");
    assert.equal(managed("bun", { ...bunx, npm_lifecycle_script: "pgstep@2" }).words, "bunx pgstep@2");
    assert.equal(managed("pnpm", {}).words, "pnpm exec pgstep");
    assert.equal(managed("yarn", { npm_lifecycle_event: "pgstep" }).words, "yarn pgstep");
    const place = "/x/.cache/pnpm/dlx/abc/node_modules/pgstep/dist/pgstep.js";
    assert.equal(managed("pnpm", {}, { file: place }).words, "pnpm dlx pgstep");
    const tarball = { npm_lifecycle_event: "npx", npm_config_package: "./a b.tgz" };
    assert.equal(managed("npm", tarball).words, "npx --package './a b.tgz' pgstep");
    // Whose variables are those of a program around it, which started another copy by its path.
    assert.equal(managed("npm", {}, { file: BARE.file, shownFile: BARE.shownFile }).words, "node dist/pgstep.js");
  });

  test("is a script of package.json that leaves the command open", () => {
    assert.equal(managed("npm", script("pgstep")).words, "npm run db --");
    assert.equal(managed("yarn", script("pgstep")).words, "yarn run db");
    assert.equal(managed("bun", script("pgstep")).words, "bun run db");
    assert.equal(managed("npm", script("pgstep", "db:all it")).words, "npm run 'db:all it' --");
    const flags = managed("npm", script("tsc && A=b pgstep --env test --dir=x"));
    assert.deepEqual([flags.words, ...flags.given], ["npm run db --", "env", "dir"]);
  });

  test("keeps the variables that a script sets, where its command is another", () => {
    assert.equal(managed("npm", script("pgstep up")).words, "npx pgstep");
    assert.equal(managed("npm", script("pgstep && node .")).words, "npx pgstep");
    assert.equal(managed("npm", script("A=b C=$D pgstep up --env x")).words, "A=b C=$D npx pgstep");
    assert.equal(managed("npm", script("cross-env A=b pgstep up")).words, "npx cross-env A=b pgstep");
    assert.equal(managed("yarn", script("dotenv -e .env -- pgstep up")).words, "yarn dotenv -e .env -- pgstep");
    assert.equal(managed("npm", script("time pgstep up")).words, "npx pgstep");
    assert.doesNotMatch(managed("npm", script("DATABASE_URL=postgres://a:geheim@h/b pgstep up")).words, /geheim/);
  });
});
