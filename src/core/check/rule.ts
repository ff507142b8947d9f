import type { TracedFile, TracedStatement } from "../trace/trace.ts";

/*
 * A rule of `check`: one kind of harm that a migration can do, found in what its statements were seen to do, in their
 * parse trees, and in the relations before and after the file. Each rule is a value in a file of its own; its page in
 * the documentation, `--explain` and the tests follow from it.
 */

/**
 * - safety: what happens to production; an error unless set otherwise
 * - style: what the schema is like after the file; off unless asked for
 */
export const RULE_GROUPS = ["safety", "style"] as const;

export type RuleGroup = (typeof RULE_GROUPS)[number];

export interface CheckRule {
  /** "rewrites-table". */
  readonly id: string;
  readonly group: RuleGroup;
  /** True for a rule of style that most teams want: the preset strict turns it on. */
  readonly isStrict?: true;
  /** The harm in two to four words, as it begins a finding: "Rewrites table". */
  readonly title: string;
  /** What happens in production, and to whom; for style, why the other way is better. One to three sentences. */
  readonly why: string;
  /** True if the harm lasts as long as PostgreSQL works on the rows of a table: on a small one it is over at once. */
  readonly dependsOnSize?: true;
  /** The safe or better way, as SQL in which <words> stand for the reader's own names. */
  readonly recipe: string;
  /** Run on a real server: `given` as an earlier migration, then `sql`. The rule finds each bad one and no good one. */
  readonly examples: { readonly bad: readonly Example[]; readonly good: readonly Example[] };
  find(file: TracedFile): Iterable<RuleMatch>;
}

export interface Example {
  /** Separate migrations that were applied before. */
  readonly given?: string;
  readonly sql: string;
}

/** What a rule found in one statement. */
export interface RuleMatch {
  readonly statement: TracedStatement;
  /** What the statement does to which relation, in the reader's own names, as it follows the title and a colon. */
  readonly message: string;
  /** The place within the statement's text, in UTF-16 units; its start if absent. */
  readonly at?: number;
  /** The safe way for this case, if it is another than the rule's. */
  readonly recipe?: string;
}

/** The words for the recipe of a rule. */
export function wayOf({ group }: Pick<CheckRule, "group">): string {
  return group === "safety" ? "safe way" : "better way";
}

/** The documentation of a rule, in Markdown that can be read as it is. */
export function rulePage({ id, group, title, why, recipe, examples }: Omit<CheckRule, "find">): string {
  return [
    `# ${title} (${id})`,
    why,
    `## The ${wayOf({ group })}`,
    block(recipe),
    "## Found",
    ...examples.bad.map(exampleBlock),
    "## Not found",
    ...examples.good.map(exampleBlock),
  ]
    .map((part) => `${part}\n`)
    .join("\n");
}

function exampleBlock({ given, sql }: Example): string {
  const end = /[;\n]$/.test(sql) ? "" : ";";
  return block((given === undefined ? sql : `-- in an earlier migration:\n${given};\n-- in this one:\n${sql}`) + end);
}

function block(sql: string): string {
  return `\`\`\`sql\n${sql}\n\`\`\``;
}
