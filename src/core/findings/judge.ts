import type { CheckRule, RuleMatch } from "../check/rule.ts";
import { type Finding, finding } from "../failure/failure.ts";
import type { TracedFile } from "../trace/trace.ts";
import type { Ignores } from "./ignores.ts";
import { fileName, type KnownFinding, keyOfKnown, knownFinding } from "./known-findings.ts";
import { type CheckSeverity, levelOf, type RuleLevels } from "./levels.ts";
import { FileSizes, type SizePolicy } from "./severity-by-size.ts";

/** A file under examination: what its statements did, and what its comments say about that. */
export interface ExaminedFile {
  readonly traced: TracedFile;
  readonly ignores: Ignores;
  /** True if not all of its statements ran. */
  readonly isPartial?: boolean;
}

/** What a rule found in a statement of a file, and how much that weighs. */
export interface CheckFinding {
  readonly rule: CheckRule;
  readonly path: string;
  readonly match: RuleMatch;
  readonly severity: CheckSeverity;
  /** The rows and size of the tables that the statement works on, and its time, in words; absent if unknown. */
  readonly size?: string | undefined;
  /** True if it is only a note because these tables are small. */
  readonly isSmall?: true;
}

export interface Policy {
  readonly levels?: RuleLevels | undefined;
  /** Absent if no file of known findings is used. */
  readonly known?: readonly KnownFinding[] | undefined;
  /** Absent if the sizes of tables are unknown. */
  readonly sizes?: SizePolicy | undefined;
  /** The paths of all migrations, examined or not. */
  readonly paths: Iterable<string>;
}

export interface Verdict {
  /** The findings that count, in the order of the files, statements and rules. */
  readonly findings: readonly CheckFinding[];
  readonly ignored: readonly { readonly finding: CheckFinding; readonly reason: string }[];
  readonly known: readonly CheckFinding[];
  /** About comments that ignore nothing. */
  readonly warnings: readonly Finding[];
  /** The known findings that no longer occur: their statement has changed, or their file is missing. */
  readonly outdated: readonly KnownFinding[];
}

/** Finds what the rules say about the files, and decides which of that counts. */
export function judge(files: readonly ExaminedFile[], rules: readonly CheckRule[], policy: Policy): Verdict {
  const { known = [], levels, paths, sizes } = policy;
  const counted: CheckFinding[] = [];
  const forgiven: CheckFinding[] = [];
  const ignored: { finding: CheckFinding; reason: string }[] = [];
  const warnings: Finding[] = [];
  const unseen = new Map(known.map((one) => [keyOfKnown(one), one]));
  const matched = new Set<string>();
  for (const file of files) {
    const used = new Set<object>();
    for (const found of findingsOf(file, rules, levels, sizes)) {
      const reasons = matchingIgnores(file, found);
      for (const one of reasons) used.add(one);
      const key = keyOfKnown(knownFinding(found.path, found.rule.id, found.match.statement.statement));
      const [first] = reasons;
      if (first) {
        ignored.push({ finding: found, reason: first.reason });
      } else if (unseen.has(key)) {
        matched.add(key);
        forgiven.push(found);
      } else counted.push(found);
    }
    warnings.push(...problemsOf(file), ...unusedIgnores(file, used, rules, levels));
  }
  const examined = new Set(files.filter(({ isPartial }) => !isPartial).map(({ traced }) => fileName(traced.path)));
  const existing = new Set([...paths].map(fileName));
  const outdated = [...unseen].filter(
    ([key, { file }]) => !matched.has(key) && (examined.has(file) || !existing.has(file)),
  );
  return { findings: counted, ignored, known: forgiven, warnings, outdated: outdated.map(([, one]) => one) };
}

/** The known findings after a run: those that still occur or were not looked for, and the new ones. */
export function updatedKnown(known: readonly KnownFinding[], { findings, outdated }: Verdict): KnownFinding[] {
  const outdatedKeys = new Set(outdated.map(keyOfKnown));
  const found = findings.map(({ path, rule, match }) => knownFinding(path, rule.id, match.statement.statement));
  return [...known.filter((one) => !outdatedKeys.has(keyOfKnown(one))), ...found];
}

function findingsOf(
  { traced }: ExaminedFile,
  rules: readonly CheckRule[],
  levels?: RuleLevels,
  sizes?: SizePolicy,
): CheckFinding[] {
  const ofFile = sizes && new FileSizes(traced, sizes);
  const found = rules.flatMap((rule) => {
    const severity = levelOf(rule, levels);
    if (severity === "off") return [];
    const matches = matchesOf(traced, rule).map((match) => ({ rule, path: traced.path, match, severity }));
    return ofFile && rule.dependsOnSize ? matches.map((one) => withSize(one, ofFile)) : matches;
  });
  return found.sort((left, right) => left.match.statement.number - right.match.statement.number);
}

/** What rules have found in files, see `judgeAhead`. */
const found = new WeakMap<TracedFile, Map<CheckRule, readonly RuleMatch[]>>();

function matchesOf(file: TracedFile, rule: CheckRule): readonly RuleMatch[] {
  return found.get(file)?.get(rule) ?? [...rule.find(file)];
}

/** Lets the rules look at a file while others still run; `judge` takes what they find. */
export function judgeAhead(file: TracedFile, rules: readonly CheckRule[], levels?: RuleLevels): void {
  const on = rules.filter((rule) => levelOf(rule, levels) !== "off");
  try {
    found.set(file, new Map(on.map((rule) => [rule, [...rule.find(file)]])));
  } catch {
    // A rule that fails does so again in `judge`, whose caller reports it.
  }
}

function withSize(finding: CheckFinding, ofFile: FileSizes): CheckFinding {
  const { words: size, isSmall } = ofFile.of(finding.match.statement);
  const isLess = isSmall && finding.severity !== "note";
  return { ...finding, size, ...(isLess && { severity: "note", isSmall: true }) };
}

function matchingIgnores({ ignores: { ignores } }: ExaminedFile, { rule, match }: CheckFinding) {
  const { offset } = match.statement.statement;
  return ignores.filter((one) => one.rule === rule.id && (one.statementAt === undefined || one.statementAt === offset));
}

function problemsOf({ traced: { path }, ignores: { problems } }: ExaminedFile): Finding[] {
  return problems.map(({ message, hint, position }) =>
    finding("bad-ignore", { message, hint, place: { path, ...position } }),
  );
}

/** A rule that is off may be on elsewhere, and a statement that did not run shows nothing: those are no findings. */
function unusedIgnores(
  { traced, ignores: { ignores }, isPartial }: ExaminedFile,
  used: ReadonlySet<object>,
  rules: readonly CheckRule[],
  levels?: RuleLevels,
): Finding[] {
  const { path } = traced;
  const ran = new Set(traced.statements.map(({ statement }) => statement.offset));
  const isOn = (id: string) => rules.some((rule) => rule.id === id && levelOf(rule, levels) !== "off");
  return ignores
    .filter((one) => !used.has(one) && isOn(one.rule))
    .filter(({ statementAt }) => (statementAt === undefined ? !isPartial : ran.has(statementAt)))
    .map(({ rule, statementAt, position }) =>
      finding("unused-ignore", {
        message: `${rule} finds nothing in this ${statementAt === undefined ? "file" : "statement"}`,
        hint: `Remove ${rule} from the comment.`,
        place: { path, ...position },
      }),
    );
}
