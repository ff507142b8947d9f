import { runHere } from "./run-here.ts";

/*
 * `npm run entityGen`, `npm run entityGen --table users`, `npm run entityGen --table=users`: npm keeps `--table` for
 * itself and passes on the word after it, or keeps both.
 */

/** Output directory; git ignores it. */
const OUT = process.env.ENTITY_DIRECTORY ?? "database/entities/";

const words = process.argv.slice(2);
const kept = process.env.npm_config_table;
if (kept !== undefined && kept !== "" && kept !== "true") words.push(kept);
const places = words.some((word) => word === "--out" || word.startsWith("--out=")) ? [] : ["--out", OUT];
await runHere(["types", ...words, ...places]);
