/** A schema in production, before each labelled migration. */
export const FIXTURE = `
CREATE TABLE users (id bigint PRIMARY KEY, email text, name varchar(50) NOT NULL, age int,
  created timestamptz NOT NULL DEFAULT now(), active boolean NOT NULL DEFAULT true, legacy text);
CREATE UNIQUE INDEX users_email ON users (email);
CREATE INDEX users_name ON users (name);
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id bigint, code varchar(20),
  total numeric(12,2), placed timestamp, note text, status text NOT NULL, qty int);
CREATE INDEX orders_code ON orders (code);
CREATE UNIQUE INDEX orders_note ON orders (note);
ALTER TABLE orders ADD CONSTRAINT orders_total CHECK (total >= 0) NOT VALID;
ALTER TABLE orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users NOT VALID;
CREATE SCHEMA app;
CREATE TABLE app."Invoice" ("Id" int PRIMARY KEY, amount int, "orderId" bigint, "User" text);
CREATE TABLE events (id bigint, at date NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_rest PARTITION OF events DEFAULT;
CREATE TABLE loose (id bigint, at date NOT NULL, kind text);
CREATE TABLE logs (id bigint, k int NOT NULL) PARTITION BY LIST (k);
CREATE TABLE logs_1 PARTITION OF logs FOR VALUES IN (1);
CREATE TABLE logs_2 (id bigint, k int NOT NULL);
CREATE TABLE logs_3 (id bigint, k int NOT NULL, CONSTRAINT k3 CHECK (k = 3));
CREATE TABLE base (id int, a int);
CREATE TABLE child (b int) INHERITS (base);
CREATE TYPE mood AS ENUM ('ok', 'bad', 'so so');
CREATE TYPE unused AS ENUM ('x');
CREATE TABLE people (id int PRIMARY KEY, m mood, tags text[], data json, net cidr, uid text, bio varchar(100), w real, d double precision, big bigint);
CREATE DOMAIN posint AS int;
CREATE TABLE dom (id int PRIMARY KEY, p posint);
CREATE VIEW active_users AS SELECT id, email FROM users WHERE active;
CREATE MATERIALIZED VIEW stats AS SELECT status, count(*) AS n FROM orders GROUP BY status;
CREATE UNIQUE INDEX stats_status ON stats (status);
CREATE FUNCTION total(bigint) RETURNS numeric LANGUAGE sql AS 'SELECT total FROM orders WHERE id = $1';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE PROCEDURE clean() LANGUAGE plpgsql AS 'BEGIN END';
CREATE SEQUENCE invoice_no;
CREATE TRIGGER users_touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TABLE proved (id int PRIMARY KEY, a int, b int NOT NULL, CONSTRAINT a_set CHECK (a IS NOT NULL));
CREATE TABLE plain (id int, a int, b text, c char(5));
CREATE TABLE cities (id int PRIMARY KEY, name text NOT NULL, zip text);
INSERT INTO cities VALUES (1, 'Rome', '00042'), (2, 'Rome', NULL), (3, 'Ulm', '89073');
`;
