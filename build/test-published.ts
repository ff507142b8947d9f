/*
 * `npm run test:published`: all directories of other projects in the formats in which these publish them, also the large
 * ones that `npm test` leaves out. CASES names some of them.
 */

process.env.CASES ??= "all";
await import("../test/corpora-as-published.test.ts");
