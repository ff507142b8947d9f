import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CHECK_RULES } from "../../../src/core/findings/check-rules.ts";
import type { Session } from "../../../src/ports/session.ts";
import { embeddedWorld, succeeded } from "../support.ts";
import { DANGEROUS } from "./labelled/dangerous.ts";
import { FIXTURE } from "./labelled/fixture.ts";
import { HELPDESK, HELPDESK_DANGEROUS, HELPDESK_MISSED, HELPDESK_NEAR, HELPDESK_SAFE } from "./labelled/helpdesk.ts";
import { SAFE, type Safe } from "./labelled/safe.ts";
import type { Labelled } from "./labelled/titles.ts";
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

function cases(dangerous: readonly Labelled[], safe: readonly Safe[]): Case[] {
  return [
    ...dangerous.map(([titles, sql]) => ({ name: `${titles}: ${sql}`, files: [sql], titles: titles.split(", ") })),
    ...safe
      .map((one) => (typeof one === "string" ? [one] : one))
      .map((files) => ({ name: `safe: ${files.join(" | ")}`, files, titles: [] })),
  ];
}

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

const SCHEMAS: readonly [name: string, fixture: string, cases: readonly Case[]][] = [
  ["single statements", FIXTURE, cases(Object.values(DANGEROUS).flat(), Object.values(SAFE).flat())],
  ["a helpdesk", HELPDESK, cases([...HELPDESK_DANGEROUS, ...HELPDESK_MISSED], [...HELPDESK_SAFE, ...HELPDESK_NEAR])],
];

for (const [name, fixture, labelled] of SCHEMAS) {
  describe(`${name}, in a transaction that is rolled back`, () => {
    let session: Session;
    before(async () => {
      const here = await embeddedWorld({ "001_fixture.sql": fixture });
      succeeded(await here.up());
      session = await here.database.open();
    });
    after(() => session.close());
    for (const one of labelled.filter(canRollBack)) {
      test(one.name, async () => check(one, await trialRolledBack(session, one.files[0] ?? "")));
    }
  });

  describe(`${name}, as up runs it`, () => {
    for (const one of labelled.filter((one) => !canRollBack(one))) {
      test(one.name, async () => {
        const files = [fixture, ...one.files].map((sql, index) => [`00${index + 1}_file.sql`, sql] as const);
        check(one, await trial(await embeddedWorld(Object.fromEntries(files))));
      });
    }
  });
}
