import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { ROOT } from "../../build/runtimes.ts";
import { documentationPages, type Page, readPage } from "../support/documentation.ts";
import { matches } from "../support/expectation.ts";
import { type PageCommand, pageSteps, renderPage } from "../support/page-file.ts";
import { comparable, openPageWorld } from "../support/page-world.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";

/*
 * The examples of the documentation, followed as a reader would: what a ```console block of a page shows is typed in
 * order in one directory, and has to print what stands there. PAGES=docs/guide.md limits the pages; UPDATE=1 writes what
 * was printed instead of comparing, to be read before it is kept.
 */

const update = process.env.UPDATE === "1";
const chosen = process.env.PAGES?.split(",");
const pages: readonly Page[] = (chosen?.map(readPage) ?? documentationPages()).filter(({ text }) =>
  text.includes("\n```console\n"),
);
const missing = ["sh", "psql"].filter((program) => spawnSync(program, ["--version"]).error !== undefined);

describe("examples of", { skip: process.platform === "win32" && "the examples are for a POSIX shell" }, () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop("immediate"));

  for (const { path, text } of pages) {
    const lacking = missing.find((program) => new RegExp(`^\\$ (.*\\b)?${program} `, "m").test(text));
    test(path, { timeout: 300_000, skip: lacking !== undefined && `${lacking} is not installed` }, async () => {
      const world = await openPageWorld(server, text);
      const answers = new Map<PageCommand, readonly string[]>();
      const problems: string[] = [];
      try {
        const steps = pageSteps(text);
        for (const [index, step] of steps.entries()) {
          if (step.kind === "file") {
            world.write(step);
            continue;
          }
          const { stdout, status } = await world.run(step.text);
          const shown = world.shown(stdout);
          const same = matches(comparable(shown), comparable(step.expected));
          answers.set(step, same ? step.expected : shown);
          if (!same)
            problems.push(`$ ${step.text}\n--- expected\n${step.expected.join("\n")}\n--- was\n${shown.join("\n")}`);
          // A failure must be visible to the reader: by its message, or because the page asks for the status.
          const next = steps[index + 1];
          const asked = next?.kind === "command" && next.text === "echo $?";
          if (status !== 0 && !asked && !shown.some((line) => /error:|✗/.test(line))) {
            problems.push(`$ ${step.text}\n--- ended with ${status}`);
          }
        }
      } finally {
        world.close();
      }
      if (update) writeFileSync(resolve(ROOT, path), renderPage(text, answers));
      else assert.equal(problems.join("\n\n"), "");
    });
  }
});
