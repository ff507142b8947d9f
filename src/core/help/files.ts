import type { HelpTopic } from "./help-topic.ts";

export const files: HelpTopic = {
  name: "files",
  summary: "names and contents of migration files, and what their header may say",
  text: () => TEXT,
};

const TEXT = `Migration files

Migrations are plain SQL files in database/migrations, or where --dir says:

  {version}_{description}.sql        what up runs (.up.sql is the same)
  {version}_{description}.down.sql   what down runs; may be left out

The version is digits of any length. Versions are compared as numbers: 9 comes
before 10, and 001 and 1 are the same one. pgstep new writes the next file.

A file may begin with a header of comments. All of it is optional:

  -- Migration: 003_add_new_feature     must be the file's own name
  -- Description: Add new feature       shown instead of the name's words
  -- Created: 2025-10-12                for readers
  -- Environment: development, test     skipped unless --env names one of them
  -- Transaction: none                  statement by statement, without one
  -- Lock-Timeout: 30s                  how long its statements wait for a table

The header ends at the first line that is no comment. A key that looks like one
of these and is misspelled is an error.

Files are UTF-8, with or without a byte order mark, and may hold all that
psql -f runs, COPY ... FROM STDIN with its rows included, except for psql's own
backslash commands. BEGIN ... COMMIT around a whole file is taken as pgstep's.

pgstep validate looks for faults in all files at once; up does so as well,
before it sends anything.
`;
