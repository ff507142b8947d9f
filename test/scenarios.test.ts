import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { difference } from "./support/difference.ts";
import { normalise, settle } from "./support/expectation.ts";
import { chosenRuntimes, programCommand, runtimesInTurn } from "./support/program.ts";
import { type Answer, parseScenario, renderScenario } from "./support/scenario-file.ts";
import { openWorld } from "./support/scenario-world.ts";

/*
 * Each directory in scenarios/ is a case: its scenario.md says what is typed and what must come back, on every runtime.
 * RUNTIMES=node,bun chooses the runtimes and CASES=part of a name the cases; UPDATE=1 writes what came back instead of
 * comparing, to be read before it is kept.
 */

const directory = join(import.meta.dirname, "scenarios");
const update = process.env.UPDATE === "1";
const cases = readdirSync(directory)
  .filter((name) => existsSync(join(directory, name, "scenario.md")))
  .filter((name) => name.includes(process.env.CASES ?? ""))
  .sort();

// Started one after another: a build by several at once is harmless and slow.
for (const runtime of chosenRuntimes()) await programCommand(runtime);

describe("scenarios", { concurrency: 2 }, () => {
  for (const [index, name] of cases.entries()) {
    const path = join(directory, name, "scenario.md");
    const expected = readFileSync(path, "utf8");
    const scenario = parseScenario(expected);
    const allowed = scenario.directives.get("runtimes")?.split(/,\s*/);
    const runtimes = allowed ? chosenRuntimes().filter((one) => allowed.includes(one)) : runtimesInTurn(index);
    for (const runtime of runtimes.slice(0, update ? 1 : undefined)) {
      test(`${name} on ${runtime}`, { timeout: 180_000 }, async () => {
        const world = await openWorld(join(directory, name), scenario, runtime);
        try {
          const answers: Answer[] = [];
          for (const part of scenario.parts) {
            if (typeof part === "string") continue;
            const outcome = await world.run(part);
            const answer = {
              stdout: normalise(outcome.stdout, world.names),
              stderr: normalise(outcome.stderr, world.names),
              status: `${outcome.status}`,
            };
            answers.push(settle(answer, part.expected));
          }
          const actual = renderScenario(scenario, answers);
          if (update) writeFileSync(path, actual);
          else assert.ok(actual === expected, `${name}/scenario.md on ${runtime}:\n${difference(expected, actual)}`);
        } finally {
          world.close();
        }
      });
    }
  }
});
