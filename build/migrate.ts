import { runHere } from "./run-here.ts";

/*
 * `npm run migrate`, `migrate:status`, `migrate:reset`.
 */

const words = process.argv.slice(2);
// npm keeps the option in `npm run migrate up --dry-run` for itself; a dry run must not become a real run.
if (process.env.npm_config_dry_run === "true" && !words.includes("--dry-run")) words.push("--dry-run");
await runHere(words);
