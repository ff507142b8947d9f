import type { CheckRule, Example } from "./rule.ts";

/** The documentation of a rule, in Markdown that can be read as it is. */
export function rulePage({ id, title, why, recipe, examples }: CheckRule): string {
  return [
    `# ${title} (${id})`,
    why,
    "## The safe way",
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
  return block(given === undefined ? sql : `-- in an earlier migration:\n${given};\n-- in this one:\n${sql}`);
}

function block(sql: string): string {
  return `\`\`\`sql\n${sql}${/[;\n]$/.test(sql) ? "" : ";"}\n\`\`\``;
}
