import type { HelpTopic } from "./help-topic.ts";

export const locks: HelpTopic = {
  name: "locks",
  summary: "several runs at once, and tables that others use",
  text: () => TEXT,
};

const TEXT = `Locks

One run at a time. A run that has something to do takes a lock in the database
first; another one waits for it, then looks again at what is left to do. So
several replicas may all run pgstep up when they start.

  --lock-wait 5m      how long to wait for the other run to end; then exit
                      status 3

Tables. A statement that needs a table waits for those who use it, and all who
come later wait behind that statement. To keep this short, pgstep gives up soon,
rolls the migration back, tells who is in the way, and tries again:

  --lock-timeout 5s   how long a statement waits for a table; 0 is for ever
  --retry-for 5m      how long in all it is tried again

"-- Lock-Timeout: 30s" in a file's header is for that file alone. Deadlocks are
tried again as well.

What is built CONCURRENTLY blocks nobody while it waits, and is waited for as
long as it takes, unless the header has a limit.

Behind a transaction pooler the lock is a row in <table>_lease, good for 30
seconds and renewed while the run lives. Direct runs and runs behind a pooler
wait for each other.
`;
