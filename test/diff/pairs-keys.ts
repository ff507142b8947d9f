import type { Pair } from "./pair.ts";

const T = "CREATE TABLE t (id int PRIMARY KEY, a int, b text);";
const PC = "CREATE TABLE p (id int PRIMARY KEY, x int, y int, UNIQUE (x, y)); ";

export const KEY_PAIRS: readonly Pair[] = [
  [
    "order of a key's columns",
    "CREATE TABLE p (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE c (a int, b int, FOREIGN KEY (a, b) REFERENCES p);",
    "CREATE TABLE p (a int, b int, PRIMARY KEY (b, a)); CREATE TABLE c (a int, b int, FOREIGN KEY (b, a) REFERENCES p);",
  ],
  ["name of a primary key", T, "CREATE TABLE t (id int CONSTRAINT main PRIMARY KEY, a int, b text);"],
  [
    "key with included columns and options",
    "CREATE TABLE t (a int, b int, PRIMARY KEY (a)); CREATE TABLE c (a int REFERENCES t);",
    "CREATE TABLE t (a int, b int, PRIMARY KEY (a) INCLUDE (b) WITH (fillfactor = 60)); CREATE TABLE c (a int REFERENCES t);",
  ],
  [
    "deferrable key",
    "CREATE TABLE t (a int, b int, PRIMARY KEY (a), UNIQUE (b));",
    "CREATE TABLE t (a int, b int, PRIMARY KEY (a) DEFERRABLE, UNIQUE (b) DEFERRABLE INITIALLY DEFERRED);",
  ],
  [
    "nulls not distinct",
    "CREATE TABLE t (a int UNIQUE, b int); CREATE UNIQUE INDEX i ON t (b);",
    "CREATE TABLE t (a int UNIQUE NULLS NOT DISTINCT, b int); CREATE UNIQUE INDEX i ON t (b) NULLS NOT DISTINCT;",
    { since: 15 },
  ],
  [
    "foreign key with all clauses",
    `${PC} CREATE TABLE c (x int, y int, CONSTRAINT fk FOREIGN KEY (x, y) REFERENCES p (x, y));`,
    `${PC} CREATE TABLE c (x int, y int, CONSTRAINT fk FOREIGN KEY (x, y) REFERENCES p (x, y) MATCH FULL ON UPDATE CASCADE ON DELETE SET DEFAULT DEFERRABLE INITIALLY DEFERRED);`,
  ],
  [
    "foreign key that sets one column",
    `${PC} CREATE TABLE c (x int, y int, CONSTRAINT fk FOREIGN KEY (x, y) REFERENCES p (x, y) ON DELETE SET NULL);`,
    `${PC} CREATE TABLE c (x int, y int, CONSTRAINT fk FOREIGN KEY (x, y) REFERENCES p (x, y) ON DELETE SET NULL (y));`,
    { since: 15 },
  ],
  [
    "foreign key only deferrable",
    `${PC} CREATE TABLE c (id int REFERENCES p); COMMENT ON CONSTRAINT c_id_fkey ON c IS 'x';`,
    `${PC} CREATE TABLE c (id int REFERENCES p DEFERRABLE); COMMENT ON CONSTRAINT c_id_fkey ON c IS 'x';`,
  ],
  [
    "foreign key to a unique index",
    "CREATE TABLE p (x int); CREATE UNIQUE INDEX i ON p (x); CREATE TABLE c (x int);",
    "CREATE TABLE p (x int); CREATE UNIQUE INDEX i ON p (x); CREATE TABLE c (x int REFERENCES p (x));",
  ],
  [
    "unique constraint below a foreign key becomes an index",
    "CREATE TABLE p (x int CONSTRAINT u UNIQUE); CREATE TABLE c (x int REFERENCES p (x));",
    "CREATE TABLE p (x int); CREATE UNIQUE INDEX u ON p (x); CREATE TABLE c (x int REFERENCES p (x));",
  ],
  [
    "foreign key to another table",
    "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE q (id int PRIMARY KEY); CREATE TABLE c (x int CONSTRAINT fk REFERENCES p);",
    "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE q (id int PRIMARY KEY); CREATE TABLE c (x int CONSTRAINT fk REFERENCES q);",
  ],
  [
    "foreign key to itself",
    "CREATE TABLE t (id int PRIMARY KEY, up int);",
    "CREATE TABLE t (id bigint PRIMARY KEY, up bigint REFERENCES t ON DELETE CASCADE);",
  ],
  [
    "three tables in a circle change their types",
    "CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE b (id int PRIMARY KEY, n int REFERENCES a); CREATE TABLE c (id int PRIMARY KEY, n int REFERENCES b); ALTER TABLE a ADD FOREIGN KEY (n) REFERENCES c;",
    "CREATE TABLE a (id uuid PRIMARY KEY, n uuid); CREATE TABLE b (id uuid PRIMARY KEY, n uuid REFERENCES a); CREATE TABLE c (id uuid PRIMARY KEY, n uuid REFERENCES b); ALTER TABLE a ADD FOREIGN KEY (n) REFERENCES c;",
  ],
  [
    "circle of tables is dropped",
    "CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE b (id int PRIMARY KEY, n int REFERENCES a); ALTER TABLE a ADD FOREIGN KEY (n) REFERENCES b; CREATE TABLE keep (a int REFERENCES a, b int REFERENCES b);",
    "CREATE TABLE keep (a int, b int);",
  ],
  [
    "foreign key between schemas",
    "CREATE SCHEMA s; CREATE TABLE s.p (id int PRIMARY KEY); CREATE TABLE c (id int REFERENCES s.p);",
    "CREATE SCHEMA s; CREATE TABLE s.p (id bigint PRIMARY KEY); CREATE TABLE c (id bigint REFERENCES s.p ON DELETE SET NULL);",
  ],
  [
    "constraints not valid",
    "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int, n int);",
    "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int, n int); ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES p NOT VALID, ADD CONSTRAINT positive CHECK (n > 0) NOT VALID; COMMENT ON CONSTRAINT fk ON c IS 'later';",
  ],
  [
    "constraints not enforced",
    "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int CONSTRAINT fk REFERENCES p, n int CONSTRAINT k CHECK (n > 0));",
    "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int CONSTRAINT fk REFERENCES p NOT ENFORCED, n int CONSTRAINT k CHECK (n > 0) NOT ENFORCED);",
    { since: 18 },
  ],
  [
    "without overlaps",
    "CREATE EXTENSION btree_gist; CREATE TABLE p (id int, r daterange); CREATE TABLE c (id int, r daterange);",
    "CREATE EXTENSION btree_gist; CREATE TABLE p (id int, r daterange, PRIMARY KEY (id, r WITHOUT OVERLAPS)); CREATE TABLE c (id int, r daterange, UNIQUE (id, r WITHOUT OVERLAPS), FOREIGN KEY (id, PERIOD r) REFERENCES p (id, PERIOD r));",
    { since: 18 },
  ],
  [
    "exclusion changed",
    "CREATE TABLE t (r int4range, a int, CONSTRAINT e EXCLUDE USING gist (r WITH &&));",
    "CREATE TABLE t (r int4range, a int, CONSTRAINT e EXCLUDE USING gist (r WITH -|-, r WITH &&) WHERE (a > 0) DEFERRABLE); COMMENT ON CONSTRAINT e ON t IS 'x';",
  ],
  [
    "checks of many columns",
    "CREATE TABLE t (a int, b int, c text, CHECK (a < b), CHECK (c ~ '^\\w+$'));",
    "CREATE TABLE t (a int, b int, c text, CHECK (a < b AND c IS NOT NULL), CONSTRAINT t_c_check CHECK (c ~ '^[a-z]+\\.$' OR c LIKE '%''%'));",
  ],
  [
    "check renamed with a comment",
    "CREATE TABLE t (a int CONSTRAINT c CHECK (a > 0)); COMMENT ON CONSTRAINT c ON t IS 'x';",
    "CREATE TABLE t (a int CONSTRAINT d CHECK (a > 0)); COMMENT ON CONSTRAINT d ON t IS 'y';",
  ],
  [
    "two checks change their names",
    "CREATE TABLE t (a int CONSTRAINT c CHECK (a > 0) CONSTRAINT d CHECK (a < 9));",
    "CREATE TABLE t (a int CONSTRAINT d CHECK (a > 0) CONSTRAINT c CHECK (a < 9));",
  ],
  [
    "not null constraints of 18",
    "CREATE TABLE t (a int CONSTRAINT one NOT NULL, b int CONSTRAINT two NOT NULL, c int NOT NULL, d int);",
    "CREATE TABLE t (a int CONSTRAINT other NOT NULL, b int, c int CONSTRAINT three NOT NULL, d int CONSTRAINT four NOT NULL NO INHERIT); COMMENT ON CONSTRAINT other ON t IS 'named';",
    { since: 18 },
  ],
  [
    "not null is validated",
    "CREATE TABLE t (a int, b int); ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID;",
    "CREATE TABLE t (a int CONSTRAINT n NOT NULL, b int);",
    { since: 18 },
  ],
  [
    "constraint moves to another table",
    "CREATE TABLE t (a int CONSTRAINT u UNIQUE); CREATE TABLE x (a int);",
    "CREATE TABLE t (a int); CREATE TABLE x (a int CONSTRAINT u UNIQUE);",
  ],
  [
    "index becomes a constraint",
    `${T} CREATE UNIQUE INDEX u ON t (a); CREATE INDEX n ON t (b);`,
    `${T} ALTER TABLE t ADD CONSTRAINT u UNIQUE (a); CREATE UNIQUE INDEX n ON t (b);`,
  ],
  [
    "index with everything",
    `${T} CREATE INDEX i ON t (a);`,
    `${T} CREATE UNIQUE INDEX i ON t USING btree (b COLLATE "C" text_pattern_ops DESC NULLS LAST, (a + 1)) INCLUDE (id) NULLS NOT DISTINCT WITH (fillfactor = 50, deduplicate_items = off) WHERE (a > 0 AND b <> 'x');`,
    { since: 15 },
  ],
  [
    "index methods",
    "CREATE TABLE t (j jsonb, p point, s text, d timestamptz, v tsvector);",
    "CREATE TABLE t (j jsonb, p point, s text, d timestamptz, v tsvector); CREATE INDEX ON t USING gin (j); CREATE INDEX ON t USING gin (j jsonb_path_ops) WITH (fastupdate = off); CREATE INDEX ON t USING gist (p); CREATE INDEX ON t USING spgist (p); CREATE INDEX ON t USING hash (s); CREATE INDEX ON t USING brin (d timestamptz_minmax_multi_ops (values_per_range = 20)) WITH (autosummarize = on, pages_per_range = 4); CREATE INDEX ON t USING gist (v tsvector_ops (siglen = 100));",
  ],
  [
    "indexes change their names",
    `${T} CREATE INDEX i ON t (a); CREATE INDEX j ON t (b);`,
    `${T} CREATE INDEX j ON t (a); CREATE INDEX i ON t (b);`,
  ],
  [
    "index renamed with a comment and statistics",
    `${T} CREATE INDEX i ON t ((a + 1)); COMMENT ON INDEX i IS 'x'; ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 5; ALTER TABLE t CLUSTER ON i;`,
    `${T} CREATE INDEX j ON t ((a + 1)); COMMENT ON INDEX j IS 'x'; ALTER INDEX j ALTER COLUMN 1 SET STATISTICS 5; ALTER TABLE t CLUSTER ON j;`,
  ],
  [
    "index changed with a comment and marks",
    `${T} CREATE UNIQUE INDEX i ON t (id, a); ALTER TABLE t CLUSTER ON i; COMMENT ON INDEX i IS 'x';`,
    `${T} CREATE UNIQUE INDEX i ON t (id); ALTER TABLE t CLUSTER ON i; ALTER TABLE t REPLICA IDENTITY USING INDEX i; COMMENT ON INDEX i IS 'x';`,
  ],
  [
    "replica identity by another index",
    "CREATE TABLE t (a int NOT NULL, b int NOT NULL, CONSTRAINT u UNIQUE (a)); CREATE UNIQUE INDEX i ON t (b); ALTER TABLE t REPLICA IDENTITY USING INDEX i;",
    "CREATE TABLE t (a int NOT NULL, b int NOT NULL, CONSTRAINT u UNIQUE (a)); CREATE UNIQUE INDEX i ON t (b); ALTER TABLE t REPLICA IDENTITY USING INDEX u;",
  ],
  [
    "extended statistics",
    `${T} CREATE SCHEMA s; CREATE STATISTICS st ON a, b FROM t; CREATE STATISTICS one (mcv) ON (lower(b)), a FROM t;`,
    `${T} CREATE SCHEMA s; CREATE STATISTICS s.st (ndistinct, dependencies) ON b, a, id FROM t; CREATE STATISTICS one (mcv, ndistinct) ON (lower(b)), (a + 1) FROM t; COMMENT ON STATISTICS one IS 'x'; ALTER STATISTICS one SET STATISTICS 9;`,
  ],
  [
    "statistics below a type change",
    `${T} CREATE STATISTICS st ON a, b FROM t; COMMENT ON STATISTICS st IS 'x'; ALTER STATISTICS st SET STATISTICS 30;`,
    "CREATE TABLE t (id int PRIMARY KEY, a bigint, b varchar(7)); CREATE STATISTICS st ON a, b FROM t; COMMENT ON STATISTICS st IS 'x'; ALTER STATISTICS st SET STATISTICS 30;",
  ],
  [
    "column dropped from keys",
    "CREATE TABLE t (a int, b int, c int, PRIMARY KEY (a, b), UNIQUE (b, c), CHECK (b > c)); CREATE INDEX i ON t (c, b); CREATE STATISTICS s ON b, c FROM t;",
    "CREATE TABLE t (a int, c int, PRIMARY KEY (a)); CREATE INDEX i ON t (c);",
  ],
  [
    "types of a key and a foreign key, with a policy and a view",
    "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE n (id int PRIMARY KEY, a_id int NOT NULL REFERENCES a, x text); CREATE INDEX ON n (a_id) INCLUDE (x); ALTER TABLE n ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON n USING (a_id = current_setting('app.a')::int); CREATE MATERIALIZED VIEW m AS SELECT a_id, count(*) AS n FROM n GROUP BY 1; CREATE UNIQUE INDEX ON m (a_id);",
    "CREATE TABLE a (id text PRIMARY KEY); CREATE TABLE n (id int PRIMARY KEY, a_id text NOT NULL REFERENCES a, x text); CREATE INDEX ON n (a_id) INCLUDE (x); ALTER TABLE n ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON n USING (a_id = current_setting('app.a')); CREATE MATERIALIZED VIEW m AS SELECT a_id, count(*) AS n FROM n GROUP BY 1; CREATE UNIQUE INDEX ON m (a_id);",
  ],
];
