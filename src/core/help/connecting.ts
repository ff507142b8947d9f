import type { HelpTopic } from "./help-topic.ts";

export const connecting: HelpTopic = {
  name: "connecting",
  summary: "how a database is named, and how it is reached",
  text: () => TEXT,
};

const TEXT = `Connecting

The first of these that is there names the database:

  --url, PGSTEP_URL, DATABASE_URL
  PGHOST, PGHOSTADDR, PGSERVICE or PGDATABASE, with libpq's other variables

Without any of them pgstep says so; it never invents a database. What it takes:

  postgres://user@host:5432/database?sslmode=verify-full
  postgresql:///database?host=/var/run/postgresql     a unix socket
  "host=a,b dbname=app target_session_attrs=read-write"  the words of libpq
  pglite:./data, pglite:memory     the embedded PostgreSQL; no server is needed

All else is as in psql: PG* variables fill in what the URL leaves out, then the
service file, then defaults. Passwords come from the URL, --password-file,
PGPASSWORD or ~/.pgpass, which nobody else may be able to read; pgstep never
prints one.

sslmode is disable, allow, prefer, require, verify-ca or verify-full, with
sslrootcert, sslcert and sslkey. Over a network that you do not trust, use
verify-full. connect_timeout is in seconds.

pgstep wait, and --wait 60s on other commands, wait until the server accepts
connections. pgstep doctor tries everything step by step, and says what is wrong
and how to mend it.

Behind a transaction pooler pgstep works as well, and notices it by itself; a
direct connection is faster. The role needs the rights that your migrations
need, and those to create and write the history table.
`;
