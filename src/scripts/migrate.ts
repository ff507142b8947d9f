/*
 * The command line program, for applications that have this repository's layout: `tsx src/scripts/migrate.ts status`.
 */
import { main } from "../main.ts";

await main();
