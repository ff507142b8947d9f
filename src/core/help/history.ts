import type { HelpTopic } from "./help-topic.ts";

export const history: HelpTopic = {
  name: "history",
  summary: "the table of applied migrations; changed files; existing databases",
  text: () => TEXT,
};

const TEXT = `The history

pgstep records applied migrations in the table public.schema_migrations, or in
the one that --schema and --table name:

  version      varchar(255), the primary key
  applied_at   timestamp, UTC
  description  text

pgstep adopts an existing table of that shape, made by hand or by an older tool.
The first write adds nullable columns: the file's checksum, the time it took,
who applied it, and the down script, which down uses if the file is missing.
pgstep never changes another tool's table. A migration may insert its own row or
leave that to pgstep.

The states that pgstep status shows:

  applied, pending   recorded in the history, or not yet
  changed            applied, and the file was edited since
  missing            applied, and the file is missing
  out of order       pending, though a higher version is applied
  skipped            pending, and not meant for this environment
  unfinished         started statement by statement, and not finished

A changed file stops up: write a new migration instead, or, if only comments
were edited, accept the file with pgstep repair. If a file is gone for good,
remove its version with pgstep repair <version>. Apply migrations out of order
with up --out-of-order. If a database was set up by other means, record what it
already has with pgstep baseline <version>. Until then up stops if tables that
the migrations create exist, unless you add --first-run.
`;
