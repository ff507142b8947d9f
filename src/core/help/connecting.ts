import type { HelpTopic } from "./help-topic.ts";

export const connecting: HelpTopic = {
  name: "connecting",
  summary: "how to name the database and connect to it",
  text: () => TEXT,
};

const TEXT = `Connecting

The first of these that is set names the database:

  --url, PGSTEP_URL, DATABASE_URL
  PGHOST, PGHOSTADDR, PGSERVICE or PGDATABASE, with libpq's other variables

If none is set, pgstep stops: there is no default database. A URL can be:

  postgres://user@host:5432/database?sslmode=verify-full
  postgresql:///database?host=/var/run/postgresql     a Unix socket
  "host=a,b dbname=app target_session_attrs=read-write"  libpq's keywords
  pglite:./data, pglite:memory     the embedded PostgreSQL; no server is needed

The rest is as in psql: PG* variables fill in what the URL leaves out, then the
service file, then defaults. Passwords come from the URL, --password-file,
PGPASSWORD or ~/.pgpass, which only you may be able to read; pgstep never prints
one.

sslmode is disable, allow, prefer, require, verify-ca or verify-full, with
sslrootcert, sslcert and sslkey. Over a network that you do not trust, use
verify-full. connect_timeout is in seconds.

pgstep wait, and --wait 60s on other commands, wait until the server accepts
connections. pgstep doctor checks everything step by step, and says what is
wrong and how to fix it.

pgstep detects a transaction pooler and works behind it; a direct connection is
faster. The role needs the privileges that your migrations need, and those to
create and write the history table.
`;
