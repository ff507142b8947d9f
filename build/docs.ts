import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { VOCABULARY } from "../src/commands/index.ts";
import { checkRulePages } from "./docs/check-rules.ts";
import { commandsPage } from "./docs/commands.ts";
import { errorsPage, exitStatusesPage } from "./docs/failures.ts";
import { jsonPage } from "./docs/json.ts";
import { givenSettings, libraryPage } from "./docs/library.ts";
import { outputSchema } from "./docs/output-schema.ts";
import { rulesPage } from "./docs/rules.ts";
import { ROOT } from "./runtimes.ts";

/** Every page generated from the code, by path. */
export function generatedPages(): ReadonlyMap<string, string> {
  return new Map([
    ["docs/commands.md", commandsPage(VOCABULARY)],
    ["docs/exit-statuses.md", exitStatusesPage()],
    ["docs/errors.md", errorsPage()],
    ["docs/rules.md", rulesPage()],
    ...checkRulePages(),
    ["docs/json.md", jsonPage()],
    ["docs/library.md", libraryPage()],
    ["schema/output.schema.json", outputSchema()],
    ["src/core/configuration/given-settings.ts", givenSettings()],
  ]);
}

/** `npm run docs` writes the pages; a test fails if they are not current. */
if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const [path, text] of generatedPages()) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
  }
}
