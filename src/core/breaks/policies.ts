import type { Policy, Relation } from "../trace/trace.ts";

/*
 * How the policies of row security take rows from clients that have found them before. PostgreSQL writes conditions in
 * one form, so that their texts can be compared; only what certainly narrows is found.
 */

/** A change that takes rows from clients. */
export interface Narrowing {
  /** The policy; undefined for row security itself. */
  readonly policy: string | undefined;
  readonly kind: "enabled" | "restricted" | "narrowed" | "dropped";
}

/** The changes that take rows of a relation from clients; none if row security hides all rows. */
export function narrowings({ policies: before, hidesRows }: Relation, { policies: after }: Relation): Narrowing[] {
  if (!after || hidesRows) return [];
  if (!before) return after.some(isOpenToRead) ? [] : [{ policy: undefined, kind: "enabled" }];
  const added = after.filter((one) => !before.some((old) => old.name === one.name || isSame(old, one)));
  const dropped = before.filter((one) => !after.some((now) => now.name === one.name || isSame(now, one)));
  const restricted = added.filter(
    (one) => !one.permissive && !isOpen(one.using ?? one.check) && !dropped.some(({ permissive }) => !permissive),
  );
  const narrowed = after.filter((now) => before.some((old) => old.name === now.name && isNarrower(now, old)));
  const missing = dropped.filter((one) => one.permissive && one.using !== "false" && !isReplaced(one, after, added));
  return [
    ...restricted.map(({ name }) => ({ policy: name, kind: "restricted" as const })),
    ...narrowed.map(({ name }) => ({ policy: name, kind: "narrowed" as const })),
    ...missing.map(({ name }) => ({ policy: name, kind: "dropped" as const })),
  ];
}

function isOpenToRead({ permissive, command, using }: Policy): boolean {
  return permissive && (command === "*" || command === "r") && isOpen(using);
}

/** True for a condition that each row fits. */
function isOpen(condition: string | undefined): boolean {
  return condition === "true" || /^\(true OR | OR true\)$/.test(condition ?? "");
}

function isSame(one: Policy, other: Policy): boolean {
  return JSON.stringify({ ...one, name: "" }) === JSON.stringify({ ...other, name: "" });
}

/** True if the file has made another policy for the same rows, or one is left that gives them all. */
function isReplaced({ command, everyone }: Policy, after: readonly Policy[], added: readonly Policy[]): boolean {
  const isOfCommand = (one: Policy) => one.permissive && (one.command === "*" || one.command === command);
  const isWhole = (one: Policy) => isOpen(one.using ?? one.check) && (one.everyone || !everyone);
  return added.some(({ permissive }) => permissive) || after.some((one) => isOfCommand(one) && isWhole(one));
}

/** True if fewer rows fit a policy than before, or if it is for fewer roles. */
function isNarrower(now: Policy, old: Policy): boolean {
  if (old.permissive && old.everyone && !now.everyone) return true;
  return isStricter(now.using, old.using) || isStricter(now.check, old.check);
}

function isStricter(now: string | undefined, old: string | undefined): boolean {
  if (now === undefined || old === undefined || now === old || isOpen(now)) return false;
  const [parts, former] = [conjuncts(now), isOpen(old) ? [] : conjuncts(old)];
  return now === "false" || (parts.length > former.length && former.every((one) => parts.includes(one)));
}

/** The conditions that AND joins, each in its parentheses: "((a = 1) AND (b = 2))". */
function conjuncts(condition: string): string[] {
  const found: string[] = [];
  let [depth, start, isText] = [0, 1, false];
  for (let index = 0; index < condition.length; index++) {
    const character = condition[index];
    if (character === "'") isText = !isText;
    else if (!isText && character === "(") depth++;
    else if (!isText && character === ")") depth--;
    else if (!isText && depth === 1 && condition.startsWith(" AND ", index)) {
      found.push(condition.slice(start, index));
      start = index + " AND ".length;
    }
  }
  return found.length > 0 ? [...found, condition.slice(start, -1)] : [condition];
}
