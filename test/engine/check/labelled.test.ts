import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CHECK_RULES } from "../../../src/core/findings/check-rules.ts";
import type { Session } from "../../../src/ports/session.ts";
import { embeddedWorld, succeeded } from "../support.ts";
import { DANGEROUS } from "./labelled/dangerous.ts";
import { FIXTURE } from "./labelled/fixture.ts";
import { SAFE } from "./labelled/safe.ts";
import { isOneTransaction, notes, type Trial, trial, trialRolledBack } from "./traced.ts";

/*
 * Labelled migrations, each applied to a schema as production has it: what is dangerous must be found with its titles,
 * what is safe must not be found at all.
 */

interface Case {
  readonly name: string;
  readonly files: readonly string[];
  readonly titles: readonly string[];
}

const CASES: readonly Case[] = [
  ...Object.values(DANGEROUS).flatMap((group) =>
    group.map(([titles, sql]) => ({ name: `${titles}: ${sql}`, files: [sql], titles: titles.split(", ") })),
  ),
  ...Object.values(SAFE)
    .flat()
    .map((safe) => (typeof safe === "string" ? [safe] : safe))
    .map((files) => ({ name: `safe: ${files.join(" | ")}`, files, titles: [] })),
];

function canRollBack({ files: [only = "", ...others] }: Case): boolean {
  return others.length === 0 && isOneTransaction(only);
}

function check({ titles }: Case, { files, failed }: Trial): void {
  const rule = CHECK_RULES.find(({ id }) => id === failed);
  const found = rule ? [`0 ${rule.title}: rejected`] : notes(files);
  if (titles.length === 0) assert.deepEqual(found, []);
  const missing = titles.filter((title) => !found.some((note) => note.includes(`${title}: `)));
  assert.deepEqual(missing, [], `found: ${found.join("; ")}`);
}

describe("in a transaction that is rolled back", () => {
  let session: Session;
  before(async () => {
    const here = await embeddedWorld({ "001_fixture.sql": FIXTURE });
    succeeded(await here.up());
    session = await here.database.open();
  });
  after(() => session.close());
  for (const one of CASES.filter(canRollBack)) {
    test(one.name, async () => check(one, await trialRolledBack(session, one.files[0] ?? "")));
  }
});

describe("as up runs it", () => {
  for (const one of CASES.filter((one) => !canRollBack(one))) {
    test(one.name, async () => {
      const files = [FIXTURE, ...one.files].map((sql, index) => [`00${index + 1}_file.sql`, sql] as const);
      check(one, await trial(await embeddedWorld(Object.fromEntries(files))));
    });
  }
});
