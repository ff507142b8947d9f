import { FOR_CLIENTS } from "../check/recipes.ts";
import { named, sqlName } from "../check/words.ts";
import { firstTouch } from "../trace/definition-work.ts";
import type { Privilege, Relation, TracedFile } from "../trace/trace.ts";
import type { Break } from "./broken-things.ts";
import { narrowings } from "./policies.ts";

/** The rows of a relation that row security takes from clients. */
export function* hiddenRows(file: TracedFile, before: Relation, after: Relation): Iterable<Break> {
  const recipe = before.policies ? FOR_CLIENTS.lastPolicy : FOR_CLIENTS.policy;
  if (after.hidesRows && !before.hidesRows) {
    const [by] = firstTouch(file, before, (touch) => touch.after?.hidesRows === true) ?? [];
    const words = `row security of ${named(before)} has no policy that lets clients find a row`;
    if (by) yield { by, words, recipe };
    return;
  }
  const unusable = [...newlyUnusable(file, before, after, recipe)];
  yield* unusable.length > 0 ? unusable : narrowedRows(file, before, after);
}

/** The privileges that are useless now: of row security, which has no policy for them, or of a view. */
function* newlyUnusable(file: TracedFile, before: Relation, after: Relation, policy: string): Iterable<Break> {
  const isOf = (one: Privilege, relation: Relation | undefined, isUsable: boolean) =>
    relation?.grants.some(
      ({ role, privilege, usable }) => role === one.role && privilege === one.privilege && usable === isUsable,
    ) === true;
  const lost = before.grants.filter((one) => one.usable && isOf(one, after, false));
  for (const role of new Set(lost.map((one) => one.role))) {
    const own = lost.filter((one) => one.role === role);
    const [by] = firstTouch(file, after, (touch) => own.some((one) => isOf(one, touch.after, false))) ?? [];
    const privileges = own.map(({ privilege }) => privilege).join(", ");
    const isView = before.kind === "v";
    const words = isView
      ? `the view ${named(before)} now needs privileges of ${role} on the tables that it reads`
      : `row security of ${named(before)} has no policy for ${privileges} by ${role}`;
    if (by) yield { by, words, recipe: isView ? FOR_CLIENTS.invoker : policy };
  }
}

/** The policies by which clients use fewer rows than before. */
function* narrowedRows(file: TracedFile, before: Relation, after: Relation): Iterable<Break> {
  const name = named(before);
  for (const { policy, kind } of narrowings(before, after)) {
    const stateIn = (relation: Relation | undefined) =>
      JSON.stringify(relation?.policies && (relation.policies.find((one) => one.name === policy) ?? ""));
    const [by] = firstTouch(file, before, (touch) => stateIn(touch.before) !== stateIn(touch.after)) ?? [];
    const title = sqlName(policy ?? "");
    const words = {
      enabled: `row security of ${name} lets clients find only the rows of its policies`,
      restricted: `the restrictive policy ${title} hides rows of ${name} from clients`,
      narrowed: `the policy ${title} lets clients use fewer rows of ${name}`,
      dropped: `without the policy ${title}, clients can use fewer rows of ${name}`,
    };
    if (by) yield { by, words: words[kind], recipe: FOR_CLIENTS.narrowed };
  }
}
