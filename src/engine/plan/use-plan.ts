import { named } from "../../core/check/words.ts";
import { Failure, type Finding, finding } from "../../core/failure/failure.ts";
import type { UpTarget } from "../../core/migrations/plan.ts";
import { type PlanFile, type PlannedFile, readPlanFile } from "../../core/plan/plan-file.ts";
import type { Session } from "../../ports/session.ts";
import { readDocument } from "../files/read-document.ts";
import type { RunOptions, RunPlan } from "../run/run-plan.ts";
import type { Context, DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import { filesOf, historyOf, placeholdersIn, relationsOf } from "./contents.ts";
import { isSameDatabase, readIdentity } from "./identity.ts";

/** How to run a plan from a file. */
export interface UsedPlan {
  readonly target: UpTarget;
  readonly options: Pick<RunOptions, "singleTransaction" | "verify">;
}

/** @throws Failure plan-unusable, plan-newer */
export function openPlanFile({ fileSystem }: Context, path: string): PlanFile {
  const cannot = `Cannot use the plan ${path}`;
  const text = readDocument(fileSystem, path);
  if (typeof text !== "string") {
    throw new Failure("plan-unusable", `${cannot}: ${text.isMissing ? "there is no such file" : text.reason}`, {
      hint: `Check its name, or make it: pgstep plan --out ${path}.`,
      cause: text.cause,
    });
  }
  const plan = readPlanFile(text);
  if (!("problem" in plan)) return plan;
  if (plan.problem === "newer") {
    throw new Failure("plan-newer", `${cannot}: pgstep ${plan.by} made it, and this pgstep does not know its format`, {
      hint: "Run it with the pgstep that made it, or make a new plan with this one.",
    });
  }
  const reason = plan.problem === "edited" ? "it was edited after it was made" : "it is no plan of pgstep";
  throw new Failure("plan-unusable", `${cannot}: ${reason}`, { hint: makeAgain(path) });
}

/**
 * Compares the database with that of the plan before anything else, then its time. The rest is compared where the run
 * is planned, and again under the lock.
 * @param settings those that decide what a run does, as text by their names
 * @throws Failure plan-of-other-database, plan-expired, plan-newer and those of connecting
 */
export async function usePlan(
  context: DatabaseContext,
  path: string,
  plan: PlanFile,
  settings: PlanFile["settings"],
): Promise<UsedPlan> {
  const { database, clock, signal } = context;
  const found = await withSession(database, "read the identity of", readIdentity, signal);
  if (!isSameDatabase(found, plan.database)) {
    const why = found.name === plan.database.name ? "another database of that name" : plan.database.name;
    throw new Failure(
      "plan-of-other-database",
      `Cannot use the plan ${path} on ${database.description}: it is for ${why}`,
      {
        hint: "Name the database of the plan with --url, or make a plan of this one: pgstep plan --out <file>.",
      },
    );
  }
  if (clock.now().toISOString() >= plan.validUntil) {
    throw new Failure("plan-expired", `Cannot use the plan ${path}: it was valid until ${plan.validUntil}`, {
      hint: `${makeAgain(path)} A longer time: --valid-for.`,
    });
  }
  let calls = 0;
  const verify = async (session: Session, planned: RunPlan) => {
    // Once before the lock and once under it; after that, the run itself has changed what is compared.
    if (++calls > 2) return;
    const differences = await differencesOf(context, session, planned, { plan, settings });
    if (differences.length === 0) return;
    throw new Failure("plan-outdated", `Cannot use the plan ${path}: not everything is as it was planned`, {
      hint: `${makeAgain(path)} Nothing was changed.`,
      findings: differences,
    });
  };
  return { target: plan.target, options: { singleTransaction: plan.singleTransaction, verify } };
}

function makeAgain(path: string): string {
  return `Make a new plan and review it: pgstep plan --out ${path}.`;
}

async function differencesOf(
  context: DatabaseContext,
  session: Session,
  planned: RunPlan,
  { plan, settings }: { readonly plan: PlanFile; readonly settings: PlanFile["settings"] },
): Promise<Finding[]> {
  const relations = await relationsOf(context, session, plan.relations);
  const changed = relations.filter(({ digest }, index) => digest !== plan.relations[index]?.digest);
  const placeholders = placeholdersIn(context);
  const messages = [
    ...(plan.pgstep === context.toolVersion
      ? []
      : [`pgstep ${plan.pgstep} made the plan, and this is pgstep ${context.toolVersion}`]),
    ...historyWords(plan.history, historyOf(planned.state)),
    ...filesWords(plan.files, filesOf(planned)),
    ...settingsWords(plan.settings, settings),
    ...(JSON.stringify(placeholders) === JSON.stringify(plan.placeholders)
      ? []
      : ["the names or the values of placeholders have changed"]),
    ...changed.map((relation) => `${named(relation)} has another definition, or is missing`),
  ];
  return messages.map((message) => finding("plan-difference", { message }));
}

function historyWords(before: PlanFile["history"], now: PlanFile["history"]): string[] {
  if (before.digest === now.digest) return [];
  const words = ({ applied, newest }: PlanFile["history"]) =>
    `${applied} ${applied === 1 ? "version" : "versions"}${newest ? ` up to ${newest}` : ""}`;
  return [`the history has changed: it had ${words(before)}, and now has ${words(now)}`];
}

function filesWords(before: readonly PlannedFile[], now: readonly PlannedFile[]): string[] {
  const keyOf = ({ kind, name }: PlannedFile) => `${kind} ${name}`;
  const [old, current] = [
    new Map(before.map((one) => [keyOf(one), one])),
    new Map(now.map((one) => [keyOf(one), one])),
  ];
  const words = [
    ...[...old].flatMap(([key, { checksum }]) => {
      const one = current.get(key);
      if (!one) return [`${key} is planned, and would not run now`];
      return one.checksum === checksum ? [] : [`${key} was edited`];
    }),
    ...[...current.keys()].filter((key) => !old.has(key)).map((key) => `${key} is not planned`),
  ];
  const isReordered = words.length === 0 && before.map(keyOf).join("\n") !== now.map(keyOf).join("\n");
  return isReordered ? ["the files would run in another order"] : words;
}

function settingsWords(before: PlanFile["settings"], now: PlanFile["settings"]): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return names
    .filter((name) => before[name] !== now[name])
    .map((name) => `the setting ${name} was ${before[name] ?? "not set"}, and is ${now[name] ?? "not set"}`);
}
