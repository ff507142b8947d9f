import { runHere } from "./run-here.ts";

/*
 * `npm run migrate`, `migrate:status`, `migrate:reset`.
 */

const words = process.argv.slice(2);
// npm keeps `npm run migrate up --dry-run` for itself; what was meant as a rehearsal must not become a run.
if (process.env.npm_config_dry_run === "true" && !words.includes("--dry-run")) words.push("--dry-run");
await runHere(words);
