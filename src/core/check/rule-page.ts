import type { CheckRule, Example } from "./rule.ts";

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
