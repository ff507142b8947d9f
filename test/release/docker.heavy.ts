import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { dockerContext } from "../../build/docker.ts";
import { ROOT } from "../../build/runtimes.ts";
import { temporaryPlace } from "../support/place.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { run } from "../support/program.ts";
import { bareRoot, librariesHere } from "./support/bare-root.ts";

const SCRIPT = [process.execPath, "--import", "tsx", join(ROOT, "build", "docker.ts")] as const;

const place = temporaryPlace("docker");
let server: PostgresServer;
before(async () => {
  server = await startPostgres({ major: 18 });
});
after(async () => {
  await server.stop("immediate");
});

const SKIP = process.platform !== "linux" || process.getuid?.() !== 0 ? "only root may chroot" : false;

describe("the image", () => {
  test("has an entry point that migrates, as a user who is not root", { skip: SKIP }, async () => {
    const context = await dockerContext();
    const steps = readFileSync(join(ROOT, "build", "Dockerfile"), "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.split(" "));
    const of = (name: string) => steps.filter(([step]) => step === name).map(([, ...words]) => words.join(" "));
    const executable = join(context, "pgstep");
    const root = bareRoot(executable, librariesHere(executable));
    rmSync(join(root.path, "pgstep"));
    for (const copied of of("COPY")) {
      const words = copied.split(" ").filter((word) => !word.startsWith("--"));
      const target = words.pop() ?? "";
      mkdirSync(join(root.path, target.endsWith("/") ? target : join(target, "..")), { recursive: true });
      for (const word of words) {
        const path = join(root.path, target.endsWith("/") ? join(target, basename(word)) : target);
        copyFileSync(join(context, word), path);
        if (copied.includes("--chmod=0755")) chmodSync(path, 0o755);
      }
    }
    const [user = ""] = of("USER");
    assert.match(user, /^[1-9]\d*:[1-9]\d*$/);
    const [entry = "[]"] = of("ENTRYPOINT");
    const [words = "[]"] = of("CMD");
    const { url } = await server.createDatabase();
    const { status, stdout, stderr } = await root.enter([...JSON.parse(entry), ...JSON.parse(words)], {
      user,
      environment: {
        DATABASE_URL: url,
        PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        PGSTEP_DIR: "/app/database/migrations",
      },
    });
    rmSync(root.path, { recursive: true, force: true });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /Applied 2 migrations/);
  });
});

describe("npm run docker", () => {
  /** A docker that writes down what it is told, and fails at the step named. */
  function engine(failing: string): string {
    const directory = mkdtempSync(join(place, "engine-"));
    const script = `#!/bin/sh\necho "$@" >> ${directory}/said\n[ "$1" != ${failing} ] || { echo no engine >&2; exit 7; }\n`;
    writeFileSync(join(directory, "docker"), script);
    chmodSync(join(directory, "docker"), 0o755);
    return directory;
  }
  const start = (directory: string, ...words: string[]) =>
    run([...SCRIPT, ...words], {
      directory: ROOT,
      environment: { PATH: `${directory}:${process.env.PATH}`, DATABASE_URL: "postgres://secret@db/app" },
    });
  const said = (directory: string) => readFileSync(join(directory, "said"), "utf8").trimEnd().split("\n");

  test("says that there is no engine", async () => {
    const { status, stderr } = await start(engine("version"));
    assert.equal(status, 69);
    assert.match(stderr, /no Docker engine answers \(no engine\)\.\nStart one, or .* npm run migrate\n$/);
  });

  test("builds, migrates, and then starts the command", async () => {
    const directory = engine("nothing");
    const { status, stdout } = await start(directory, "echo", "the app");
    assert.deepEqual({ status, stdout }, { status: 0, stdout: "the app\n" });
    const [, build, migrate] = said(directory);
    assert.match(build ?? "", /^build --file build\/Dockerfile --tag pgstep /);
    assert.match(migrate ?? "", /^run --rm .* --env DATABASE_URL pgstep up$/);
    assert.doesNotMatch(migrate ?? "", /secret/);
  });

  test("starts nothing when the migrations fail", async () => {
    const { status, stdout } = await start(engine("run"), "echo", "the app");
    assert.deepEqual({ status, stdout }, { status: 7, stdout: "" });
  });
});
