import type { HelpTopic } from "./help-topic.ts";

export const history: HelpTopic = {
  name: "history",
  summary: "the table of what is applied; changed files; databases that exist already",
  text: () => TEXT,
};

const TEXT = `The history

What is applied stands in the table public.schema_migrations, or where --schema
and --table say:

  version      varchar(255), the primary key
  applied_at   timestamp, UTC
  description  text

A table of that shape, made by hand or by an older tool, is adopted as it is.
Further columns, which may be null, are added on the first write: the file's
checksum, the time it took, who applied it, and the down script, which down
uses when the file is gone. Another tool's table is never touched. A migration
may record itself or leave that to pgstep.

The states that pgstep status shows:

  applied, pending   as the words say
  changed            applied, and the file is not what it was then
  missing            applied, and there is no such file
  out of order       pending, though a higher version is applied
  skipped            pending, and not meant for this environment
  unfinished         begun statement by statement, and not ended

A changed file stops up: write a new migration instead, or, when only comments
were edited, take it over with pgstep repair. A version whose file is gone for
good is forgotten with pgstep repair <version>. Out of order migrations are
applied with up --out-of-order. A database that was set up by other means is
told with pgstep baseline <version> what it has already; until then up stops
where tables that the migrations create exist, unless told --first-run.
`;
