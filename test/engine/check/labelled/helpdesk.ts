import type { Safe } from "./safe.ts";
import { ALL, and, BREAKS, DESTROYS, FAILS, type Labelled, REJECTED, REWRITES, SCANS, WRITES } from "./titles.ts";

/*
 * Migrations of several statements, as the developers of a helpdesk write them, on tables that exist and on new ones.
 * Written down before they were run.
 */

export const HELPDESK = `
DO $$ BEGIN CREATE ROLE web; CREATE ROLE reporting; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
CREATE TYPE ticket_state AS ENUM ('new', 'open', 'waiting', 'closed');
CREATE TYPE postal AS (street text, city text, zip varchar(10));
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE TABLE accounts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, plan text NOT NULL DEFAULT 'free',
  seats int NOT NULL DEFAULT 5, address postal, created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
CREATE TABLE members (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account_id bigint NOT NULL REFERENCES accounts (id),
  email email NOT NULL, full_name varchar(120), role text NOT NULL DEFAULT 'agent', last_seen timestamp, settings json);
CREATE UNIQUE INDEX members_account_email ON members (account_id, email);
CREATE TABLE tickets (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account_id bigint NOT NULL REFERENCES accounts (id),
  assignee_id bigint REFERENCES members (id), number int NOT NULL, subject varchar(200) NOT NULL, state ticket_state NOT NULL DEFAULT 'new',
  priority smallint NOT NULL DEFAULT 3, due timestamp, merged_into bigint, external_id text, search tsvector);
CREATE INDEX tickets_account ON tickets (account_id);
CREATE INDEX tickets_state ON tickets (state) WHERE state <> 'closed';
CREATE TABLE messages (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ticket_id bigint NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
  author_id bigint, body text NOT NULL, sent_at timestamptz NOT NULL DEFAULT now(), is_internal boolean);
CREATE INDEX messages_ticket ON messages (ticket_id);
CREATE TABLE invoices (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account_id bigint NOT NULL, amount numeric(10,2) NOT NULL,
  currency char(3) NOT NULL DEFAULT 'EUR', paid_on date, note text);
ALTER TABLE invoices ADD CONSTRAINT invoices_amount CHECK (amount >= 0) NOT VALID;
CREATE TABLE audit (id bigint NOT NULL, at timestamptz NOT NULL, actor text, what jsonb) PARTITION BY RANGE (at);
CREATE TABLE audit_2025 PARTITION OF audit FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE audit_2026 PARTITION OF audit FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE tags (id int PRIMARY KEY, label text NOT NULL UNIQUE);
CREATE TABLE ticket_tags (ticket_id bigint NOT NULL REFERENCES tickets (id), tag_id int NOT NULL REFERENCES tags (id), PRIMARY KEY (ticket_id, tag_id));
CREATE TABLE webhooks_old (id serial, url text);
CREATE VIEW open_tickets AS SELECT id, account_id, subject, priority FROM tickets WHERE state <> 'closed';
CREATE MATERIALIZED VIEW account_stats AS SELECT account_id, count(*) AS tickets FROM tickets GROUP BY account_id;
CREATE FUNCTION ticket_label(t bigint) RETURNS text LANGUAGE sql STABLE AS 'SELECT number || '' '' || subject FROM tickets WHERE id = t';
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE SEQUENCE ticket_numbers;
GRANT SELECT, INSERT, UPDATE, DELETE ON accounts, members, tickets, messages TO web;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reporting;
GRANT EXECUTE ON FUNCTION ticket_label(bigint) TO web;
`;

export const HELPDESK_DANGEROUS: readonly Labelled[] = [
  [
    REWRITES,
    "CREATE TABLE exports (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), made_at timestamptz); ALTER TABLE invoices ALTER COLUMN id TYPE bigint; ALTER TABLE exports ADD COLUMN invoice_id bigint",
  ],
  [
    REWRITES,
    "ALTER TABLE tickets ADD COLUMN public_id uuid NOT NULL DEFAULT gen_random_uuid(); CREATE UNIQUE INDEX tickets_public_id ON tickets (public_id)",
  ],
  [
    REWRITES,
    "BEGIN; SET LOCAL lock_timeout = '3s'; ALTER TABLE members ALTER COLUMN last_seen TYPE timestamptz USING last_seen AT TIME ZONE 'Europe/Paris'; COMMIT",
  ],
  [
    REWRITES,
    "ALTER TABLE tickets DROP COLUMN search; ALTER TABLE tickets ADD COLUMN search tsvector GENERATED ALWAYS AS (to_tsvector('english', subject)) STORED",
  ],
  [
    WRITES,
    "CREATE TABLE ticket_views (ticket_id bigint, member_id bigint); CREATE INDEX ON ticket_views (ticket_id); CREATE INDEX messages_sent ON messages (sent_at DESC)",
  ],
  [
    WRITES,
    "CREATE FUNCTION touch_ticket() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE tickets SET due = now() WHERE id = NEW.ticket_id; RETURN NEW; END $$; CREATE TRIGGER messages_touch AFTER INSERT ON messages FOR EACH ROW EXECUTE FUNCTION touch_ticket(); CREATE INDEX messages_author ON messages (author_id)",
  ],
  [
    WRITES,
    "DO $$ DECLARE p text; BEGIN FOR p IN SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit'::regclass LOOP EXECUTE format('CREATE INDEX ON %s (actor)', p); END LOOP; END $$",
  ],
  [WRITES, "REINDEX TABLE tickets; ANALYZE tickets"],
  [
    ALL,
    "ALTER TABLE tickets ADD COLUMN channel text; UPDATE tickets SET channel = 'email'; ALTER TABLE tickets ALTER COLUMN channel SET DEFAULT 'email'",
  ],
  [
    ALL,
    "ALTER TABLE accounts ADD COLUMN owner_id bigint; UPDATE accounts a SET owner_id = m.id FROM members m WHERE m.account_id = a.id AND m.role = 'owner'; CREATE TABLE account_owners (account_id bigint, owner_id bigint)",
  ],
  [ALL, "LOCK TABLE invoices IN ACCESS EXCLUSIVE MODE; UPDATE invoices SET currency = 'USD' WHERE currency = 'usd'"],
  [ALL, "REFRESH MATERIALIZED VIEW account_stats; CREATE TABLE refreshed (at timestamptz)"],
  [
    ALL,
    "DROP MATERIALIZED VIEW account_stats; CREATE MATERIALIZED VIEW account_stats AS SELECT account_id, count(*) AS tickets, min(due) AS due FROM tickets GROUP BY account_id",
  ],
  [
    ALL,
    "DROP VIEW open_tickets; CREATE TABLE tickets_copy AS SELECT * FROM tickets; CREATE VIEW open_tickets AS SELECT id, account_id, subject, priority FROM tickets",
  ],
  [
    DESTROYS,
    "ALTER TABLE tickets ADD COLUMN number_new bigint; ALTER TABLE tickets DROP COLUMN number; ALTER TABLE tickets RENAME COLUMN number_new TO number",
  ],
  [BREAKS, "ALTER TABLE webhooks_old RENAME TO webhooks_older; ALTER TABLE tags RENAME TO webhooks_old"],
  [BREAKS, "ALTER TABLE members RENAME COLUMN role TO role_old; ALTER TABLE members RENAME COLUMN full_name TO role"],
  [BREAKS, "ALTER TABLE messages RENAME COLUMN id TO id_old; ALTER TABLE messages RENAME COLUMN author_id TO id"],
  [BREAKS, "DROP TABLE webhooks_old; ALTER TABLE tags RENAME TO webhooks_old"],
  [WRITES, "DO $$ BEGIN EXECUTE 'UPDATE messages SET is_internal = false'; END $$"],
  [WRITES, "DO $$ DECLARE sql text; BEGIN sql := 'UPDATE messages SET is_internal = false'; EXECUTE sql; END $$"],
  [SCANS, "ALTER TABLE messages ADD CONSTRAINT messages_body_length CHECK (length(body) < 100000)"],
  [
    SCANS,
    "CREATE TABLE teams (id bigint PRIMARY KEY, name text); ALTER TABLE messages ADD CONSTRAINT messages_author_fk FOREIGN KEY (author_id) REFERENCES members (id)",
  ],
  [
    SCANS,
    "UPDATE messages SET is_internal = false WHERE is_internal IS NULL AND id < 100; ALTER TABLE messages ALTER COLUMN is_internal SET NOT NULL",
  ],
  [
    SCANS,
    "ALTER TABLE tickets ADD CONSTRAINT tickets_priority CHECK (priority BETWEEN 1 AND 5) NOT VALID; ALTER TABLE tickets VALIDATE CONSTRAINT tickets_priority",
  ],
  [FAILS, "ALTER TABLE invoices ADD COLUMN tax_rate numeric NOT NULL; ALTER TABLE invoices ADD COLUMN tax_note text"],
  [FAILS, "ALTER TABLE tickets ADD COLUMN reopened int NOT NULL DEFAULT 0 CHECK (reopened > 0)"],
  [
    FAILS,
    "CREATE UNIQUE INDEX CONCURRENTLY tickets_number_key ON tickets (account_id, number); ALTER TABLE members ADD COLUMN pin text UNIQUE; ALTER TABLE invoices ADD COLUMN member_id bigint NOT NULL REFERENCES members (id)",
  ],
  [and(FAILS, SCANS), "ALTER TABLE members ADD CONSTRAINT members_email_key UNIQUE (email)"],
  [
    BREAKS,
    "ALTER TABLE members RENAME COLUMN full_name TO display_name; COMMENT ON COLUMN members.display_name IS 'as shown to customers'",
  ],
  [
    BREAKS,
    "ALTER TABLE tags RENAME TO labels; CREATE TABLE label_groups (id int PRIMARY KEY, label_id int REFERENCES labels (id))",
  ],
  [
    BREAKS,
    "DROP VIEW open_tickets; CREATE VIEW open_tickets AS SELECT id, subject, priority FROM tickets WHERE state <> 'closed'",
  ],
  [BREAKS, "REVOKE INSERT, UPDATE ON members FROM web; GRANT SELECT ON members TO web"],
  [
    BREAKS,
    "DROP FUNCTION ticket_label(bigint); CREATE FUNCTION ticket_label(t bigint, lang text) RETURNS text LANGUAGE sql STABLE AS 'SELECT subject FROM tickets WHERE id = t'",
  ],
  [
    BREAKS,
    "CREATE TABLE tags_new (id int PRIMARY KEY, name text NOT NULL); INSERT INTO tags_new SELECT id, label FROM tags; ALTER TABLE tags RENAME TO tags_old; ALTER TABLE tags_new RENAME TO tags",
  ],
  [
    BREAKS,
    "ALTER TYPE ticket_state RENAME VALUE 'waiting' TO 'pending'; UPDATE tickets SET priority = 1 WHERE state = 'pending' AND id = 5",
  ],
  [DESTROYS, "CREATE TABLE webhooks (id bigint PRIMARY KEY, url text NOT NULL); DROP TABLE webhooks_old"],
  [DESTROYS, "DELETE FROM messages m USING tickets t WHERE m.ticket_id = t.id; ANALYZE messages"],
  [
    REJECTED,
    "BEGIN; ALTER TABLE members ADD COLUMN locale text; CREATE INDEX CONCURRENTLY members_locale ON members (locale); COMMIT",
  ],
];

/** What an earlier `check` missed. */
export const HELPDESK_MISSED: readonly Labelled[] = [
  [BREAKS, "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM web"],
  [BREAKS, "REVOKE ALL ON SCHEMA public FROM PUBLIC"],
  [BREAKS, "REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC"],
  [BREAKS, "GRANT SELECT (id, subject) ON tickets TO web; REVOKE SELECT ON tickets FROM web"],
  [BREAKS, "REVOKE SELECT ON tickets FROM web; GRANT SELECT (id, subject) ON tickets TO web"],
  [BREAKS, "ALTER ROLE web SET search_path = pg_catalog"],
  [BREAKS, "REVOKE USAGE ON SEQUENCE ticket_numbers FROM web"],
  [BREAKS, "REVOKE SELECT, DELETE ON tickets FROM reporting"],
  [BREAKS, "REVOKE DELETE ON tags FROM web"],
  [
    REJECTED,
    "DO $$ BEGIN LOOP UPDATE tickets SET due = now() WHERE id IN (SELECT id FROM tickets WHERE due IS NULL LIMIT 1000); EXIT WHEN NOT FOUND; COMMIT; END LOOP; END $$",
  ],
  [
    REJECTED,
    "CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ DECLARE t record; BEGIN FOR t IN SELECT id FROM tickets LOOP UPDATE tickets SET due = now() WHERE id = t.id; IF t.id % 1000 = 0 THEN COMMIT AND CHAIN; END IF; END LOOP; END $$; CALL fill()",
  ],
  [BREAKS, "REVOKE USAGE ON SEQUENCE webhooks_old_id_seq FROM web"],
  [BREAKS, "ALTER ROLE web RENAME TO site"],
  [BREAKS, "ALTER ROLE reporting NOLOGIN"],
  [BREAKS, "REVOKE web FROM reporting"],
  [
    BREAKS,
    "CREATE TABLE tags_next (id text PRIMARY KEY, label text NOT NULL); ALTER TABLE tags RENAME TO tags_last; ALTER TABLE tags_next RENAME TO tags",
  ],
  [BREAKS, "ALTER TYPE postal RENAME ATTRIBUTE zip TO postcode CASCADE"],
  [and(BREAKS, DESTROYS), "ALTER TYPE postal DROP ATTRIBUTE zip"],
  [BREAKS, "ALTER TYPE postal RENAME TO mail_address"],
  [DESTROYS, "MERGE INTO messages m USING tickets t ON m.ticket_id = t.id WHEN MATCHED THEN DELETE"],
  [
    DESTROYS,
    "MERGE INTO tags t USING (VALUES (1), (2)) AS kept (id) ON t.id = kept.id WHEN NOT MATCHED BY SOURCE THEN DELETE",
  ],
  [DESTROYS, "DELETE FROM messages WHERE ticket_id IN (SELECT id FROM tickets)"],
  [DESTROYS, "DELETE FROM messages m WHERE EXISTS (SELECT FROM tickets t WHERE t.id = m.ticket_id)"],
  [DESTROYS, "CREATE FUNCTION purge() RETURNS void LANGUAGE sql AS 'DELETE FROM messages'; SELECT purge()"],
  [and(DESTROYS, BREAKS), "DROP OWNED BY web"],
  [
    WRITES,
    "DO $$ DECLARE r record; BEGIN FOR r IN SELECT id FROM tickets LOOP UPDATE tickets SET due = now() WHERE id = r.id; END LOOP; END $$",
  ],
  [
    WRITES,
    "DO $$ BEGIN LOOP UPDATE tickets SET due = now() WHERE id IN (SELECT id FROM tickets WHERE due IS NULL LIMIT 1000); EXIT WHEN NOT FOUND; END LOOP; END $$",
  ],
  [
    WRITES,
    "DO $$ BEGIN FOR i IN 0..100 LOOP UPDATE tickets SET due = now() WHERE id BETWEEN i * 1000 AND i * 1000 + 999; END LOOP; END $$",
  ],
  [
    WRITES,
    "CREATE FUNCTION fill() RETURNS void LANGUAGE plpgsql AS $$ BEGIN UPDATE tickets SET due = now(); END $$; SELECT fill(); DROP FUNCTION fill()",
  ],
  [WRITES, "SELECT id FROM tickets FOR UPDATE"],
  [WRITES, "SELECT id FROM tickets WHERE due IS NULL FOR SHARE"],
  [WRITES, "DO $$ BEGIN PERFORM id FROM tickets FOR UPDATE; END $$"],
  [WRITES, "DO $$ BEGIN LOCK TABLE tags IN SHARE MODE; END $$"],
  [ALL, "DO $$ BEGIN LOCK TABLE tickets; END $$"],
  [and(FAILS, SCANS), "ALTER TABLE tickets ADD COLUMN kind text DEFAULT 'ask' CHECK (kind IN ('bug', 'idea'))"],
  [FAILS, "ALTER TABLE tickets ADD COLUMN low int DEFAULT 1, ADD COLUMN high int DEFAULT 0, ADD CHECK (low <= high)"],
  [
    FAILS,
    "ALTER TABLE tickets ADD COLUMN score int DEFAULT 0; ALTER TABLE tickets ADD CONSTRAINT scored CHECK (score > 0)",
  ],
  [FAILS, "ALTER TABLE tickets ADD COLUMN reporter email NOT NULL DEFAULT 'nobody'"],
  [FAILS, "CREATE DOMAIN filled AS int NOT NULL; ALTER TABLE tickets ADD COLUMN score filled"],
  [ALL, "DO $$ BEGIN REFRESH MATERIALIZED VIEW account_stats; END $$"],
  [WRITES, "INSERT INTO tags SELECT id, label FROM tags ON CONFLICT (id) DO UPDATE SET label = upper(excluded.label)"],
  [
    WRITES,
    "UPDATE accounts a SET seats = m.n FROM (SELECT account_id, count(*) AS n FROM members GROUP BY account_id) m WHERE m.account_id = a.id",
  ],
  [
    WRITES,
    "WITH last AS (SELECT ticket_id, max(sent_at) AS at FROM messages GROUP BY ticket_id) UPDATE tickets t SET due = last.at FROM last WHERE last.ticket_id = t.id",
  ],
  [WRITES, "UPDATE tickets SET priority = 2 WHERE state <> 'closed'"],
  [WRITES, "UPDATE tickets SET priority = 2 WHERE assignee_id IS NOT NULL AND state NOT IN ('closed', 'waiting')"],
  [WRITES, "UPDATE tickets SET priority = 1 WHERE id IN (SELECT ticket_id FROM messages)"],
  [WRITES, "UPDATE tickets t SET priority = 1 WHERE EXISTS (SELECT FROM messages m WHERE m.ticket_id = t.id)"],
  [WRITES, "MERGE INTO tickets t USING messages m ON m.ticket_id = t.id WHEN MATCHED THEN UPDATE SET due = m.sent_at"],
  [
    BREAKS,
    "DROP VIEW open_tickets; CREATE VIEW open_tickets AS SELECT id, account_id, subject, priority, due FROM tickets",
  ],
  [
    BREAKS,
    "CREATE TABLE tags_next (id int PRIMARY KEY, label text NOT NULL UNIQUE); ALTER TABLE tags RENAME TO tags_last; ALTER TABLE tags_next RENAME TO tags",
  ],
  [BREAKS, "ALTER TABLE tickets ENABLE ROW LEVEL SECURITY; CREATE POLICY all_read ON tickets FOR SELECT USING (true)"],
  [BREAKS, "ALTER TABLE tickets ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON tickets TO reporting USING (true)"],
  [
    BREAKS,
    "DROP FUNCTION ticket_label(bigint); CREATE FUNCTION ticket_label(t int) RETURNS text LANGUAGE sql AS 'SELECT subject FROM tickets WHERE id = t'",
  ],
  [BREAKS, "ALTER TABLE invoices RENAME COLUMN note TO remark; ALTER TABLE invoices ADD COLUMN note text"],
];

/** What comes near to it and does no harm. */
export const HELPDESK_NEAR: readonly Safe[] = [
  "REVOKE ALL ON tickets FROM PUBLIC",
  "REVOKE ALL ON SEQUENCE tickets_id_seq FROM web",
  "REVOKE SELECT ON ALL TABLES IN SCHEMA public FROM PUBLIC",
  "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
  "REVOKE ALL ON tickets FROM web; GRANT SELECT, INSERT, UPDATE, DELETE ON tickets TO web",
  "REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO web",
  "REVOKE GRANT OPTION FOR SELECT ON tickets FROM web",
  "REVOKE DELETE ON tickets FROM reporting",
  "REVOKE INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public FROM reporting",
  "CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$",
  "DO $$ BEGIN -- no COMMIT; this runs in one transaction\n RAISE NOTICE 'COMMIT; ROLLBACK;'; PERFORM 1 /* ; COMMIT; */; END $$",
  "CREATE ROLE visitor; GRANT SELECT ON tags TO visitor; REVOKE SELECT ON tags FROM visitor; DROP ROLE visitor",
  "ALTER ROLE web SET statement_timeout = '5s'",
  "CREATE TABLE tags_next (id int PRIMARY KEY, label text NOT NULL UNIQUE, color text); ALTER TABLE tags RENAME TO tags_last; ALTER TABLE tags_next RENAME TO tags; GRANT SELECT ON tags TO reporting",
  "DROP VIEW open_tickets; CREATE VIEW open_tickets AS SELECT id, account_id, subject, priority, due FROM tickets; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reporting",
  "ALTER TABLE tickets ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON tickets TO web USING (true); CREATE POLICY all_read ON tickets FOR SELECT TO reporting USING (true)",
  "ALTER TABLE tags ENABLE ROW LEVEL SECURITY; CREATE POLICY all_read ON tags FOR SELECT USING (true)",
  "UPDATE tags SET label = label || id FROM (SELECT id AS double, row_number() OVER (PARTITION BY label) AS nth FROM tags) d WHERE d.double = id AND nth > 1",
  "UPDATE tickets t SET external_id = id FROM (SELECT external_id FROM tickets GROUP BY external_id HAVING count(*) > 1) d WHERE d.external_id = t.external_id",
  "CREATE TABLE fixes (id bigint PRIMARY KEY); UPDATE tickets t SET due = m.sent_at FROM messages m JOIN fixes f ON f.id = m.id WHERE m.ticket_id = t.id",
  "UPDATE tags SET label = 'bug' WHERE id <> 3 AND label = 'bugs'",
  "UPDATE tickets t SET priority = 5 WHERE NOT EXISTS (SELECT FROM messages m WHERE m.ticket_id = t.id)",
  "INSERT INTO tags VALUES (1, 'bug') ON CONFLICT (id) DO UPDATE SET label = excluded.label",
  "ALTER TYPE postal ADD ATTRIBUTE country text",
  "DELETE FROM messages m USING tickets t WHERE m.ticket_id = t.id AND t.state = 'closed'",
  "DELETE FROM tags a USING tags b WHERE a.id > b.id AND a.label = b.label",
  "DELETE FROM messages m WHERE NOT EXISTS (SELECT FROM tickets t WHERE t.id = m.ticket_id)",
  "CREATE TABLE doomed (id bigint PRIMARY KEY); DELETE FROM messages m USING doomed d WHERE m.id = d.id",
  "MERGE INTO tags t USING (VALUES (1), (2)) AS old (id) ON t.id = old.id WHEN MATCHED THEN DELETE",
  "DO $$ BEGIN FOR i IN 1..10 LOOP INSERT INTO tags VALUES (i, 'tag ' || i) ON CONFLICT DO NOTHING; END LOOP; END $$",
  "-- Transaction: none\nDO $$ BEGIN LOOP UPDATE tickets SET due = now() WHERE id IN (SELECT id FROM tickets WHERE due IS NULL LIMIT 1000); EXIT WHEN NOT FOUND; COMMIT; END LOOP; END $$",
  "DO $$ BEGIN WHILE EXISTS (SELECT FROM tags GROUP BY label HAVING count(*) > 1) LOOP /* the next number; */ UPDATE tags SET label = label || id FROM (SELECT id AS double, row_number() OVER (PARTITION BY label) AS nth FROM tags) AS d WHERE d.double = id AND nth > 1; END LOOP; END $$",
  "CREATE TABLE steps (id int); DO $$ DECLARE r record; BEGIN FOR r IN SELECT id FROM steps LOOP UPDATE steps SET id = 1 WHERE id = r.id; END LOOP; LOCK TABLE steps; END $$",
  "SELECT id FROM tickets WHERE state = 'new' ORDER BY id LIMIT 50 FOR UPDATE SKIP LOCKED",
  "ALTER TABLE tickets ADD COLUMN reporter text DEFAULT 'x'; ALTER TABLE tickets ADD CHECK (reporter <> 'x') NOT VALID",
];

export const HELPDESK_SAFE: readonly Safe[] = [
  "ALTER ROLE web SET search_path = archive, public",
  "CREATE TABLE teams (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL); CREATE UNIQUE INDEX ON teams (name); ALTER TABLE teams ADD COLUMN lead_id bigint NOT NULL; ALTER TABLE teams ALTER COLUMN name TYPE varchar(80)",
  "ALTER TABLE tickets ADD COLUMN channel text NOT NULL DEFAULT 'email'; COMMENT ON COLUMN tickets.channel IS 'where the ticket came from'",
  "ALTER TABLE tickets ADD COLUMN reopened int NOT NULL DEFAULT 0; ALTER TABLE tickets ADD CONSTRAINT reopened_positive CHECK (reopened >= 0) NOT VALID",
  "CREATE INDEX CONCURRENTLY messages_sent ON messages (sent_at)",
  "CREATE INDEX CONCURRENTLY IF NOT EXISTS members_role ON members (role); DROP INDEX CONCURRENTLY IF EXISTS tickets_account",
  "ALTER TABLE messages ADD CONSTRAINT messages_author_fk FOREIGN KEY (author_id) REFERENCES members (id) NOT VALID",
  [
    "ALTER TABLE messages ADD CONSTRAINT messages_author_fk FOREIGN KEY (author_id) REFERENCES members (id) NOT VALID",
    "ALTER TABLE messages VALIDATE CONSTRAINT messages_author_fk",
  ],
  "ALTER TABLE messages ADD CONSTRAINT internal_set CHECK (is_internal IS NOT NULL) NOT VALID",
  [
    "ALTER TABLE messages ADD CONSTRAINT internal_set CHECK (is_internal IS NOT NULL) NOT VALID",
    "ALTER TABLE messages VALIDATE CONSTRAINT internal_set",
    "ALTER TABLE messages ALTER COLUMN is_internal SET NOT NULL; ALTER TABLE messages DROP CONSTRAINT internal_set",
  ],
  "ALTER TYPE ticket_state ADD VALUE IF NOT EXISTS 'snoozed' AFTER 'waiting'",
  "ALTER TABLE members ALTER COLUMN full_name TYPE varchar(255); ALTER TABLE members ALTER COLUMN role TYPE varchar",
  "CREATE OR REPLACE VIEW open_tickets AS SELECT id, account_id, subject, priority, due FROM tickets WHERE state <> 'closed'",
  "CREATE OR REPLACE FUNCTION ticket_label(t bigint) RETURNS text LANGUAGE sql STABLE AS 'SELECT ''#'' || number || '' '' || subject FROM tickets WHERE id = t'; GRANT EXECUTE ON FUNCTION ticket_label(bigint) TO reporting",
  "GRANT SELECT, INSERT ON invoices TO web; ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO reporting",
  "CREATE TABLE tokens (id bigint PRIMARY KEY, secret text); REVOKE ALL ON tokens FROM PUBLIC; GRANT SELECT ON tokens TO web; REVOKE SELECT ON tokens FROM reporting",
  "INSERT INTO tags (id, label) VALUES (1, 'bug'), (2, 'question') ON CONFLICT (id) DO NOTHING; UPDATE tags SET label = 'idea' WHERE id = 2",
  "CREATE TABLE audit_2027 PARTITION OF audit FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
  "CREATE MATERIALIZED VIEW invoice_stats AS SELECT account_id, sum(amount) AS total FROM invoices GROUP BY account_id; CREATE UNIQUE INDEX ON invoice_stats (account_id); REFRESH MATERIALIZED VIEW CONCURRENTLY invoice_stats",
  "CREATE TABLE plans (code text PRIMARY KEY, seats int NOT NULL); INSERT INTO plans VALUES ('free', 5), ('pro', 50); ALTER TABLE plans ADD CONSTRAINT seats_positive CHECK (seats > 0); UPDATE plans SET seats = seats + 1; DELETE FROM plans WHERE code = 'old'",
  "CREATE TABLE draft (id int, body text); ALTER TABLE draft RENAME COLUMN body TO content; ALTER TABLE draft DROP COLUMN content; DROP TABLE draft",
  "ALTER TABLE tickets ALTER COLUMN priority SET DEFAULT 2; ALTER TABLE members ALTER COLUMN full_name DROP NOT NULL",
  "SET lock_timeout = '2s'; SET statement_timeout = '10s'; ALTER TABLE accounts ADD COLUMN trial_ends date; RESET statement_timeout",
  "CREATE TABLE sla (id bigint PRIMARY KEY, account_id bigint NOT NULL, minutes int NOT NULL); ALTER TABLE sla ADD CONSTRAINT sla_account FOREIGN KEY (account_id) REFERENCES sla (id)",
  "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_type WHERE typname = 'channel') THEN CREATE TYPE channel AS ENUM ('mail', 'chat'); END IF; END $$; ALTER TABLE tickets ADD COLUMN via channel",
  "CREATE TEMP TABLE doubles AS SELECT min(id) AS id FROM tags GROUP BY lower(label); DELETE FROM tags WHERE id = 77 AND id NOT IN (SELECT id FROM doubles); DROP TABLE doubles",
  "ALTER TABLE accounts ALTER COLUMN plan SET STATISTICS 500; ANALYZE accounts; ALTER TABLE messages SET (autovacuum_vacuum_scale_factor = 0.02)",
  "CREATE FUNCTION next_ticket() RETURNS bigint LANGUAGE sql AS $$ SELECT nextval('ticket_numbers') $$; REVOKE ALL ON FUNCTION next_ticket() FROM PUBLIC; GRANT EXECUTE ON FUNCTION next_ticket() TO web",
  "CREATE TYPE money_amount AS (amount numeric, currency text); ALTER TYPE money_amount ADD ATTRIBUTE rate numeric; ALTER TYPE money_amount DROP ATTRIBUTE currency; ALTER TABLE invoices ADD COLUMN fee money_amount",
  [
    "ALTER TABLE invoices ADD COLUMN amount_new numeric(14,2)",
    "ALTER TABLE invoices RENAME COLUMN amount TO amount_unused; ALTER TABLE invoices RENAME COLUMN amount_new TO amount",
  ],
  [
    "CREATE MATERIALIZED VIEW account_stats_new AS SELECT account_id, count(*) AS tickets FROM tickets GROUP BY account_id; GRANT SELECT ON account_stats_new TO reporting",
    "DROP MATERIALIZED VIEW account_stats; ALTER MATERIALIZED VIEW account_stats_new RENAME TO account_stats",
  ],
  [
    "CREATE TABLE tags_new (id int PRIMARY KEY, label text NOT NULL UNIQUE); GRANT SELECT ON tags_new TO reporting",
    "ALTER TABLE tags RENAME TO tags_unused; ALTER TABLE tags_new RENAME TO tags",
  ],
  "BEGIN; ALTER TABLE messages ADD CONSTRAINT f FOREIGN KEY (author_id) REFERENCES members NOT VALID; COMMIT; BEGIN; ALTER TABLE messages VALIDATE CONSTRAINT f; COMMIT",
  "-- Transaction: none\nDO $$ DECLARE one bigint; n int := 0; BEGIN FOR one IN SELECT id FROM messages LOOP UPDATE messages SET is_internal = false WHERE id = one; n := n + 1; IF n % 1000 = 0 THEN COMMIT; END IF; END LOOP; END $$",
  "DO $$ BEGIN RAISE NOTICE 'next: update messages set is_internal; delete from messages'; INSERT INTO tags (id, label) VALUES (9, 'update tickets set priority'); END $$",
  "MERGE INTO tags t USING (VALUES (1, 'bug'), (3, 'praise')) AS s (id, label) ON t.id = s.id WHEN MATCHED THEN UPDATE SET label = s.label WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.label)",
  "INSERT INTO ticket_tags (ticket_id, tag_id) SELECT id, 1 FROM tickets WHERE id BETWEEN 1 AND 500 ON CONFLICT DO NOTHING; SELECT id FROM tickets WHERE id = 9 FOR UPDATE; UPDATE tickets SET priority = 1 WHERE id = 9",
];
