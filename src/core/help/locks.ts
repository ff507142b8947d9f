import type { HelpTopic } from "./help-topic.ts";

export const locks: HelpTopic = {
  name: "locks",
  summary: "several runs at once, and tables in use by others",
  text: () => TEXT,
};

const TEXT = `Locks

One run at a time. A run that has work to do first takes a lock in the database.
Other runs wait for it, then check again what is left to do. So several replicas
may all run pgstep up when they start.

  --lock-wait 5m      how long to wait for the other run; then exit status 3

Tables. A statement that locks a table waits for the sessions that use it, and
all later sessions wait behind that statement. To keep this short, pgstep stops
waiting soon, rolls the migration back, names the blocking session, and retries:

  --lock-timeout 5s   how long a statement waits for a table; 0 for no limit
  --retry-for 5m      how long to keep retrying

pgstep prints the command that ends the blocking session, but never ends it.

"-- Lock-Timeout: 30s" in a file's header is for that file only. pgstep retries
after deadlocks too.

A statement with CONCURRENTLY blocks nobody while it waits, so it has no limit
unless the header sets one.

Behind a transaction pooler the lock is a row in <table>_lease, good for 30
seconds and renewed while the run lives. Direct runs and runs behind a pooler
wait for each other.
`;
