import type { HelpTopic } from "./help-topic.ts";

export const transactions: HelpTopic = {
  name: "transactions",
  summary: "what is committed when, and statements that run outside transactions",
  text: () => TEXT,
};

const TEXT = `Transactions

Each migration runs in one transaction together with its row in the history:
both are committed, or neither is. A migration that fails is rolled back;
earlier ones stay, and later ones are not run. With --single-transaction the
whole run is one transaction.

Some statements cannot run in a transaction, such as CREATE INDEX CONCURRENTLY,
VACUUM and CREATE DATABASE. pgstep detects a file with such a statement and runs
it statement by statement; "-- Transaction: none" in the header does the same
for any other file. pgstep records the progress of such a file in <table>_steps,
so after a failure or a kill the next up resumes at the unfinished statement. It
drops an index that was left INVALID and builds it again.

If pgstep is killed at the moment at which such a statement ends, the
statement's outcome is unknown. Usually the database itself shows the outcome;
if not, up stops and asks you to check and to record it:

  pgstep resolve 012 --done        it took effect: continue after it
  pgstep resolve 012 --not-done    it did not: run it again

A resumed file gets a new session. pgstep restores settings, prepared statements
and advisory locks. If the rest of the file needs a temporary table, a cursor or
a computed setting of the first session, up stops and names the statement:
resolve --not-done runs it again, --done continues without it.

If the connection is lost during a run, pgstep reconnects, reads the history and
reports what it finds.
`;
