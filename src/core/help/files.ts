import type { HelpTopic } from "./help-topic.ts";

export const files: HelpTopic = {
  name: "files",
  summary: "names, contents and headers of migration files",
  text: () => TEXT,
};

const TEXT = `Migration files

Migrations are plain SQL files in database/migrations, or where --dir says:

  {version}_{description}.sql        run by up (.up.sql is the same)
  {version}_{description}.down.sql   run by down; optional

The version is digits of any length. Versions are compared as numbers: 9 comes
before 10, and 001 and 1 are the same one. pgstep new writes the next file.

A file may begin with a header of comments. All of it is optional:

  -- Migration: 003_add_new_feature     must be the file's own name
  -- Description: Add new feature       shown instead of the name's words
  -- Created: 2025-10-12                for readers
  -- Environment: development, test     skipped unless --env names one of them
  -- Transaction: none                  statement by statement, without one
  -- Lock-Timeout: 30s                  how long its statements wait for a table

The header ends at the first line that is not a comment. A misspelled key is an
error.

Files are UTF-8, with or without a byte order mark, and may contain everything
that psql -f runs, including COPY ... FROM STDIN with its rows, but not psql's
backslash commands. A BEGIN ... COMMIT around the whole file becomes pgstep's
own transaction.

pgstep validate checks all files for errors at once; up does the same before it
sends anything.
`;
