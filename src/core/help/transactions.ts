import type { HelpTopic } from "./help-topic.ts";

export const transactions: HelpTopic = {
  name: "transactions",
  summary: "what is committed when, and statements that run outside transactions",
  text: () => TEXT,
};

const TEXT = `Transactions

Each migration runs in one transaction together with its row in the history:
both are there, or neither is. When one fails it is rolled back, those before
it stay, and those behind it are not run. With --single-transaction all of a
run is one transaction.

Some statements cannot run in a transaction, such as CREATE INDEX CONCURRENTLY,
VACUUM and CREATE DATABASE. A file with one of them is recognised, and runs
statement by statement; "-- Transaction: none" in the header says so for any
other file. What such a file has done is written down in <table>_steps while it
runs, so after a failure or a kill the next up goes on at the statement that
was not finished. An index that was left INVALID is dropped and built again.

When pgstep was killed at just the moment at which such a statement ended, the
statement is in doubt. Mostly the database itself can tell what became of it;
where it cannot, up stops and asks you to look and to say so:

  pgstep resolve 012 --done        it took effect: go on behind it
  pgstep resolve 012 --not-done    it did not: run it again

A file that is resumed gets a new session. Settings, prepared statements and
advisory locks are made again. When the rest of the file needs a temporary
table, a cursor or a computed setting of the first session, up stops and names
the statement: resolve --not-done runs it again, --done continues without.

When the connection is lost in the middle of a run, the truth is looked up on a
new one and reported.
`;
