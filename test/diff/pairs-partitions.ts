import type { Pair } from "./pair.ts";

const LOG = "CREATE TABLE log (id int, at date NOT NULL, note text) PARTITION BY RANGE (at);";
const P1 = "CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');";
const P2 = "CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');";
const F = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';";
const LIST = "CREATE TABLE l (k text, n int) PARTITION BY LIST (k);";

export const PARTITION_PAIRS: readonly Pair[] = [
  ["attach a table", `${LOG} ${P1} CREATE TABLE log_2 (id int, at date NOT NULL, note text);`, `${LOG} ${P1} ${P2}`],
  [
    "attach a table with other columns and an index",
    `${LOG} ${P1} CREATE INDEX li ON log (note); CREATE TABLE log_2 (note text, at date NOT NULL, id int); CREATE INDEX mine ON log_2 (note);`,
    `${LOG} ${P1} CREATE INDEX li ON log (note); CREATE TABLE log_2 (note text, at date NOT NULL, id int); CREATE INDEX mine ON log_2 (note); ALTER TABLE log ATTACH PARTITION log_2 FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');`,
  ],
  [
    "attach below keys",
    "CREATE TABLE log (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at); CREATE TABLE log_2 (id int NOT NULL, at date NOT NULL);",
    `CREATE TABLE log (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at); ${P2}`,
  ],
  [
    "detach with keys, foreign keys and triggers",
    `${F} CREATE TABLE c (id int PRIMARY KEY); CREATE TABLE log (id int REFERENCES c, at date, note text CHECK (note <> ''), PRIMARY KEY (id, at)) PARTITION BY RANGE (at); ${P1} ${P2} CREATE TRIGGER g AFTER INSERT ON log FOR EACH ROW EXECUTE FUNCTION f(); CREATE INDEX ON log (note);`,
    `${F} CREATE TABLE c (id int PRIMARY KEY); CREATE TABLE log (id int REFERENCES c, at date, note text CHECK (note <> ''), PRIMARY KEY (id, at)) PARTITION BY RANGE (at); ${P1} CREATE TRIGGER g AFTER INSERT ON log FOR EACH ROW EXECUTE FUNCTION f(); CREATE INDEX ON log (note); CREATE TABLE log_2 (id int NOT NULL, at date NOT NULL, note text);`,
  ],
  [
    "default partition",
    `${LOG} ${P1} CREATE TABLE rest PARTITION OF log DEFAULT;`,
    `${LOG} ${P1} CREATE TABLE rest (id int, at date NOT NULL, note text);`,
  ],
  [
    "list bounds",
    `${LIST} CREATE TABLE l_a PARTITION OF l FOR VALUES IN ('a', 'b'); CREATE TABLE l_rest PARTITION OF l DEFAULT;`,
    `${LIST} CREATE TABLE l_a PARTITION OF l FOR VALUES IN ('a', 'it''s', NULL); CREATE TABLE l_b PARTITION OF l FOR VALUES IN ('b');`,
  ],
  [
    "hash partitions",
    "CREATE TABLE h (a int, b text) PARTITION BY HASH (a); CREATE TABLE h_0 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE h_1 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 1);",
    "CREATE TABLE h (a int, b text) PARTITION BY HASH (a); CREATE TABLE h_0 PARTITION OF h FOR VALUES WITH (MODULUS 4, REMAINDER 0); CREATE TABLE h_1 PARTITION OF h FOR VALUES WITH (MODULUS 4, REMAINDER 1); CREATE TABLE h_2 PARTITION OF h FOR VALUES WITH (MODULUS 4, REMAINDER 2);",
  ],
  [
    "keys of several columns and expressions",
    "",
    "CREATE TABLE r (a int, b text, c date) PARTITION BY RANGE (a, lower(b), (c - 1)); CREATE TABLE r_1 PARTITION OF r FOR VALUES FROM (MINVALUE, MINVALUE, MINVALUE) TO (10, 'm', MAXVALUE);",
  ],
  [
    "two bounds change places",
    `${LOG} ${P1} ${P2}`,
    `${LOG} CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2027-01-01') TO ('2028-01-01'); CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');`,
  ],
  [
    "partition of another table",
    `${LOG} ${P1} CREATE TABLE old (id int, at date NOT NULL, note text) PARTITION BY RANGE (at);`,
    `${LOG} CREATE TABLE old (id int, at date NOT NULL, note text) PARTITION BY RANGE (at); CREATE TABLE log_1 PARTITION OF old FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');`,
  ],
  [
    "partition with parts of its own",
    `${F} ${LOG} ${P1}`,
    `${F} ${LOG} CREATE TABLE log_1 PARTITION OF log (note DEFAULT 'x' NOT NULL, CONSTRAINT own CHECK (id > 0), PRIMARY KEY (id)) FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') WITH (fillfactor = 50); CREATE TRIGGER g BEFORE INSERT ON log_1 FOR EACH ROW EXECUTE FUNCTION f(); CREATE UNIQUE INDEX ON log_1 (note); ALTER TABLE log_1 ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON log_1 USING (true); COMMENT ON TABLE log_1 IS 'one'; GRANT SELECT ON log_1 TO reader; ALTER TABLE log_1 REPLICA IDENTITY FULL;`,
  ],
  [
    "new partition with parts of its own",
    `${F} ${LOG}`,
    `${F} ${LOG} CREATE TABLE log_1 PARTITION OF log (note DEFAULT 'x' NOT NULL, CONSTRAINT own CHECK (id > 0), PRIMARY KEY (id)) FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') WITH (fillfactor = 50); CREATE TRIGGER g BEFORE INSERT ON log_1 FOR EACH ROW EXECUTE FUNCTION f(); CREATE UNIQUE INDEX ON log_1 (note); COMMENT ON TABLE log_1 IS 'one'; COMMENT ON COLUMN log_1.note IS 'one';`,
  ],
  [
    "new partition with columns in another order",
    LOG,
    `${LOG} CREATE TABLE log_1 (note text, id int, at date NOT NULL); ALTER TABLE log ATTACH PARTITION log_1 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');`,
  ],
  [
    "levels of partitions with indexes",
    `${LOG} CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY LIST (note); CREATE TABLE log_1_a PARTITION OF log_1 FOR VALUES IN ('a');`,
    `CREATE TABLE log (id int, at date NOT NULL, note text, UNIQUE (id, at, note)) PARTITION BY RANGE (at); CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY LIST (note); CREATE TABLE log_1_a PARTITION OF log_1 FOR VALUES IN ('a'); CREATE TABLE log_1_b PARTITION OF log_1 FOR VALUES IN ('b'); CREATE INDEX by_note ON log (note, id);`,
  ],
  [
    "partition becomes partitioned",
    `${LOG} ${P1}`,
    `${LOG} CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY LIST (note);`,
  ],
  [
    "foreign key to a partitioned table",
    `CREATE TABLE log (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at); ${P1} CREATE TABLE c (id int, at date);`,
    `CREATE TABLE log (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at); ${P1} CREATE TABLE c (id int, at date, FOREIGN KEY (id, at) REFERENCES log ON DELETE CASCADE);`,
  ],
  [
    "foreign key of a partitioned table changes",
    `CREATE TABLE c (id int PRIMARY KEY); CREATE TABLE log (id int CONSTRAINT fk REFERENCES c, at date) PARTITION BY RANGE (at); ${P1} ${P2}`,
    `CREATE TABLE c (id int PRIMARY KEY); CREATE TABLE log (id int CONSTRAINT fk REFERENCES c ON DELETE CASCADE, at date) PARTITION BY RANGE (at); ${P1} ${P2}`,
  ],
  [
    "type of a partitioned column",
    `CREATE TABLE log (id int, at date, note text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at); ${P1} CREATE INDEX ON log (note); CREATE VIEW v AS SELECT id, note FROM log_1;`,
    `CREATE TABLE log (id bigint, at date, note varchar(99), PRIMARY KEY (id, at)) PARTITION BY RANGE (at); ${P1} CREATE INDEX ON log (note); CREATE VIEW v AS SELECT id, note FROM log_1;`,
  ],
  [
    "column, default and NOT NULL of a partitioned table",
    `${LOG} ${P1} ${P2}`,
    `CREATE TABLE log (id int NOT NULL DEFAULT 4, at date NOT NULL, kind int NOT NULL DEFAULT 1 CHECK (kind > 0)) PARTITION BY RANGE (at); ${P1} ${P2}`,
  ],
  [
    "index of a partitioned table changes",
    `${LOG} ${P1} CREATE INDEX i ON log (note); COMMENT ON INDEX i IS 'x';`,
    `${LOG} ${P1} CREATE INDEX i ON log (note, id) WHERE id > 0; COMMENT ON INDEX i IS 'x'; COMMENT ON INDEX log_1_note_id_idx IS 'y';`,
  ],
  ["index of a partitioned table only", `${LOG} ${P1}`, `${LOG} ${P1} CREATE INDEX i ON ONLY log (note);`],
  [
    "index of a partition with its own name",
    `${LOG} ${P1}`,
    `${LOG} ${P1} CREATE INDEX i ON ONLY log (note); CREATE INDEX own_name ON log_1 (note); ALTER INDEX i ATTACH PARTITION own_name;`,
  ],
  [
    "unique key of a partitioned table",
    `${LOG} ${P1} ${P2}`,
    `CREATE TABLE log (id int, at date NOT NULL, note text, CONSTRAINT k UNIQUE (id, at) DEFERRABLE) PARTITION BY RANGE (at); ${P1} ${P2} COMMENT ON CONSTRAINT k ON log IS 'x';`,
  ],
  [
    "trigger of a partitioned table disabled in a partition",
    `${F} ${LOG} ${P1} CREATE TRIGGER g AFTER INSERT ON log FOR EACH ROW EXECUTE FUNCTION f();`,
    `${F} ${LOG} ${P1} CREATE TRIGGER g AFTER INSERT ON log FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE log_1 DISABLE TRIGGER g;`,
  ],
  [
    "identity of a partitioned table",
    `CREATE TABLE log (id int NOT NULL, at date) PARTITION BY RANGE (at); ${P1}`,
    `CREATE TABLE log (id int GENERATED ALWAYS AS IDENTITY, at date) PARTITION BY RANGE (at); ${P1}`,
    { since: 17 },
  ],
  [
    "generated column of a partitioned table",
    `${LOG} ${P1}`,
    `CREATE TABLE log (id int, at date NOT NULL, note text, g text GENERATED ALWAYS AS (upper(note)) STORED) PARTITION BY RANGE (at); ${P1} CREATE INDEX ON log (g);`,
  ],
  [
    "partitioned table is dropped",
    `${LOG} ${P1} ${P2} CREATE VIEW v AS SELECT * FROM log; CREATE TABLE keep (id int);`,
    "CREATE TABLE keep (id int);",
  ],
  [
    "partition in another schema",
    `CREATE SCHEMA s; ${LOG}`,
    `CREATE SCHEMA s; ${LOG} CREATE TABLE s."log 1" PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01'); CREATE INDEX ON log (id);`,
  ],
  [
    "partitions of an enum",
    "CREATE TYPE k AS ENUM ('a', 'b'); CREATE TABLE e (k k) PARTITION BY LIST (k); CREATE TABLE e_a PARTITION OF e FOR VALUES IN ('a');",
    "CREATE TYPE k AS ENUM ('a', 'b', 'c'); CREATE TABLE e (k k) PARTITION BY LIST (k); CREATE TABLE e_a PARTITION OF e FOR VALUES IN ('a', 'b'); CREATE TABLE e_c PARTITION OF e FOR VALUES IN ('c');",
    { isRefusable: true },
  ],
  ["partitioned table becomes plain", `${LOG} ${P1}`, "CREATE TABLE log (id int, at date NOT NULL, note text);"],
  [
    "key of a partitioned table with views and foreign keys",
    `CREATE TABLE log (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at); ${P1} CREATE VIEW v AS SELECT * FROM log; CREATE TABLE c (id int, at date, FOREIGN KEY (id, at) REFERENCES log);`,
    "CREATE TABLE log (id int, at date, PRIMARY KEY (id, at)) PARTITION BY LIST (id); CREATE TABLE log_1 PARTITION OF log FOR VALUES IN (1, 2); CREATE VIEW v AS SELECT * FROM log; CREATE TABLE c (id int, at date, FOREIGN KEY (id, at) REFERENCES log);",
  ],
  [
    "heirs of heirs",
    "CREATE TABLE a (x int, n text); CREATE TABLE b (y int) INHERITS (a); CREATE TABLE c (z int) INHERITS (b);",
    "CREATE TABLE a (x bigint NOT NULL, m text DEFAULT 'm' CHECK (m <> '')); CREATE TABLE b (y int) INHERITS (a); CREATE TABLE c (z int, y int DEFAULT 3) INHERITS (b);",
    { isRefusable: true },
  ],
  [
    "two parents",
    "CREATE TABLE a (x int, s text); CREATE TABLE b (x int, t text); CREATE TABLE c (u int) INHERITS (a, b);",
    "CREATE TABLE a (x int, s text); CREATE TABLE b (x int, t text, v int); CREATE TABLE c (u int) INHERITS (a, b); CREATE INDEX ON c (s, v);",
  ],
  [
    "heir without its parent",
    "CREATE TABLE a (x int CHECK (x > 0), s text NOT NULL); CREATE TABLE c (u int) INHERITS (a);",
    "CREATE TABLE c (u int, x int, s text NOT NULL);",
    { isRefusable: true },
  ],
  [
    "another parent",
    "CREATE TABLE a (x int); CREATE TABLE b (x int); CREATE TABLE c (u int) INHERITS (a);",
    "CREATE TABLE a (x int); CREATE TABLE b (x int); CREATE TABLE c (u int) INHERITS (b);",
  ],
  [
    "check that is not inherited",
    "CREATE TABLE a (x int CONSTRAINT k CHECK (x > 0)); CREATE TABLE c () INHERITS (a);",
    "CREATE TABLE a (x int CONSTRAINT k CHECK (x > 0) NO INHERIT); CREATE TABLE c (CONSTRAINT own CHECK (x < 9)) INHERITS (a);",
  ],
  [
    "typed table changes",
    "CREATE TYPE y AS (a int, b text); CREATE TABLE t OF y (PRIMARY KEY (a));",
    "CREATE TYPE y AS (a int, b text, c date); CREATE TABLE t OF y (PRIMARY KEY (a), b WITH OPTIONS DEFAULT 'x' NOT NULL);",
  ],
  [
    "bounds and the type of a column, with an index and a view",
    "CREATE TABLE m (a int NOT NULL, b int) PARTITION BY LIST (a); CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1); CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2, 4); CREATE TABLE m3 PARTITION OF m FOR VALUES IN (3); CREATE INDEX m_b ON m (b); CREATE VIEW mv AS SELECT b FROM m;",
    "CREATE TABLE m (a int NOT NULL, b bigint CHECK (b > 0)) PARTITION BY LIST (a); CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1, 2); CREATE TABLE m2 PARTITION OF m FOR VALUES IN (4); CREATE TABLE m3 (a int NOT NULL, b int); CREATE INDEX m_b ON m (b); CREATE VIEW mv AS SELECT b FROM m;",
  ],
  [
    "NOT NULL of a partition moves to its parent",
    "CREATE TABLE m (a int, b int) PARTITION BY LIST (a); CREATE TABLE n PARTITION OF m FOR VALUES IN (1) PARTITION BY LIST (b); CREATE TABLE o PARTITION OF n (b NOT NULL) FOR VALUES IN (2);",
    "CREATE TABLE m (a int, b int NOT NULL) PARTITION BY LIST (a); CREATE TABLE n PARTITION OF m FOR VALUES IN (1) PARTITION BY LIST (b); CREATE TABLE o PARTITION OF n FOR VALUES IN (2);",
  ],
  [
    "NOT NULL of a parent and its partition, each with a name of its own",
    "CREATE TABLE m (a int, b int) PARTITION BY LIST (a); CREATE TABLE n PARTITION OF m FOR VALUES IN (1);",
    "CREATE TABLE m (a int, b int NOT NULL) PARTITION BY LIST (a); CREATE TABLE n PARTITION OF m (b NOT NULL) FOR VALUES IN (1);",
  ],
];
