/*
 * Small files for the rules of style, written before the rules were: what is bad must be found by the named rule, and
 * nothing at all must be found in what is fine.
 */

export interface StyleCase {
  /** An earlier migration. */
  readonly given?: string;
  readonly sql: string;
}

const SHOP = `CREATE TABLE public.customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL,
  CONSTRAINT customers_email_key UNIQUE (email));
CREATE TABLE public.orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id bigint NOT NULL,
  total numeric(10, 2) NOT NULL, tax numeric(10, 2), note text, placed_at timestamptz NOT NULL,
  CONSTRAINT orders_customer_fkey FOREIGN KEY (customer_id) REFERENCES public.customers,
  CONSTRAINT orders_total_check CHECK (total >= 0));
CREATE INDEX orders_customer ON public.orders (customer_id);
CREATE UNIQUE INDEX orders_note ON public.orders (note)`;
const STATUS = "CREATE TYPE public.status AS ENUM ('new', 'open')";
const EMAIL = "CREATE DOMAIN public.email AS text CONSTRAINT email_at CHECK (VALUE LIKE '%@%')";
const ID = "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY";

export const STYLE_BAD: readonly (StyleCase & { readonly rule: string })[] = [
  {
    rule: "enum-type",
    sql: `CREATE TYPE public.mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE public.people (${ID}, mood public.mood NOT NULL)`,
  },
  { rule: "unordered-enum-value", given: STATUS, sql: "ALTER TYPE public.status ADD VALUE 'archived'" },
  {
    rule: "constrained-domain",
    sql: `CREATE DOMAIN public.percent AS numeric CONSTRAINT percent_range CHECK (VALUE BETWEEN 0 AND 100);
CREATE TABLE public.rates (${ID}, rate public.percent)`,
  },
  {
    rule: "constrained-domain",
    given: EMAIL,
    sql: "ALTER DOMAIN public.email ADD CONSTRAINT email_short CHECK (length(VALUE) < 255)",
  },
  {
    rule: "wide-index",
    given: SHOP,
    sql: "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_report ON public.orders (customer_id, placed_at, total, tax)",
  },
  {
    rule: "wide-index",
    given: SHOP,
    sql: "DO $$ BEGIN EXECUTE 'CREATE INDEX orders_all ON public.orders (placed_at, customer_id, tax, total, note)'; END $$",
  },
  { rule: "narrow-integer", sql: `CREATE TABLE public.pages (${ID}, views integer NOT NULL DEFAULT 0)` },
  { rule: "narrow-integer", given: SHOP, sql: "ALTER TABLE public.orders ADD COLUMN pieces smallint" },
  { rule: "missing-schema", sql: `CREATE TABLE notes (${ID}, body text)` },
  { rule: "missing-schema", given: SHOP, sql: "CREATE VIEW public.totals AS SELECT id, total FROM orders" },
  { rule: "weakened-constraint", given: SHOP, sql: "ALTER TABLE public.customers ALTER COLUMN email DROP NOT NULL" },
  { rule: "weakened-constraint", given: SHOP, sql: "ALTER TABLE public.orders DROP CONSTRAINT orders_customer_fkey" },
  { rule: "weakened-constraint", given: SHOP, sql: "DROP INDEX public.orders_note" },
  {
    rule: "repeated-scan",
    given: SHOP,
    sql: `ALTER TABLE public.orders ALTER COLUMN total TYPE numeric(20, 4);
ALTER TABLE public.orders ALTER COLUMN tax TYPE numeric(20, 4)`,
  },
  {
    rule: "repeated-scan",
    given: SHOP,
    sql: `ALTER TABLE public.orders ADD CONSTRAINT orders_tax CHECK (tax >= 0);
COMMENT ON TABLE public.orders IS 'what customers ordered';
ALTER TABLE public.orders ADD CONSTRAINT orders_sum CHECK (total >= tax)`,
  },
  {
    rule: "no-effect",
    given: SHOP,
    sql: `CREATE TABLE IF NOT EXISTS public.customers (${ID}, email text NOT NULL, phone text)`,
  },
  {
    rule: "no-effect",
    given: SHOP,
    sql: `ALTER TABLE public.orders ADD COLUMN IF NOT EXISTS note varchar;
CREATE INDEX IF NOT EXISTS orders_customer ON public.orders (customer_id)`,
  },
  {
    rule: "long-lock-wait",
    given: SHOP,
    sql: "SET lock_timeout = 0; ALTER TABLE public.orders ADD COLUMN paid_at timestamptz",
  },
  {
    rule: "hidden-drop",
    given: `${SHOP}; CREATE VIEW public.totals AS SELECT id, total FROM public.orders`,
    sql: "DROP TABLE public.orders CASCADE",
  },
  { rule: "hidden-drop", given: SHOP, sql: "TRUNCATE public.customers CASCADE" },
];

export const STYLE_FINE: readonly StyleCase[] = [
  {
    sql: `CREATE TABLE public.moods (name text PRIMARY KEY);
CREATE TABLE public.people (${ID}, mood text CONSTRAINT people_mood REFERENCES public.moods);
CREATE INDEX people_moods ON public.people (mood)`,
  },
  { given: STATUS, sql: "ALTER TYPE public.status ADD VALUE 'archived' AFTER 'open'" },
  { given: STATUS, sql: "ALTER TYPE public.status ADD VALUE IF NOT EXISTS 'draft' BEFORE 'new'" },
  { sql: `CREATE DOMAIN public.email AS text; CREATE TABLE public.people (${ID}, email public.email)` },
  { given: EMAIL, sql: "ALTER DOMAIN public.email DROP CONSTRAINT email_at" },
  {
    given: SHOP,
    sql: "CREATE UNIQUE INDEX orders_once ON public.orders (placed_at, customer_id, total, tax)",
  },
  {
    given: SHOP,
    sql: "CREATE INDEX orders_report ON public.orders (placed_at, customer_id, total) INCLUDE (tax, note)",
  },
  { sql: `CREATE TABLE public.places (${ID}, width real, people bigint, area numeric(12, 2), is_open boolean)` },
  {
    given: SHOP,
    sql: `CREATE VIEW public.totals AS WITH paid AS (SELECT id, total FROM public.orders)
SELECT paid.id, paid.total FROM paid JOIN public.customers AS c ON c.id = paid.id`,
  },
  {
    given: SHOP,
    sql: `CREATE TEMPORARY TABLE old_orders AS SELECT id FROM public.orders; DELETE FROM public.orders USING old_orders
WHERE public.orders.id = old_orders.id; DROP TABLE old_orders`,
  },
  {
    given: SHOP,
    sql: `CREATE FUNCTION public.total_of(customer bigint) RETURNS numeric LANGUAGE sql
AS 'SELECT sum(total) FROM public.orders WHERE customer_id = customer'; SELECT public.total_of(1), now(), count(*) FROM pg_class`,
  },
  {
    given: `${SHOP}; ALTER TABLE public.orders ADD CONSTRAINT orders_tax_given CHECK (tax IS NOT NULL)`,
    sql: "ALTER TABLE public.orders ALTER COLUMN tax SET NOT NULL, DROP CONSTRAINT orders_tax_given",
  },
  {
    given: SHOP,
    sql: `ALTER TABLE public.orders DROP CONSTRAINT orders_total_check;
ALTER TABLE public.orders ADD CONSTRAINT orders_total_positive CHECK (total > 0) NOT VALID`,
  },
  { given: SHOP, sql: "ALTER TABLE public.orders DROP COLUMN total, DROP COLUMN customer_id" },
  {
    given: SHOP,
    sql: `ALTER TABLE public.orders ALTER COLUMN total TYPE numeric(20, 4), ALTER COLUMN tax TYPE numeric(20, 4);
ALTER TABLE public.customers ALTER COLUMN email TYPE text COLLATE "C"`,
  },
  {
    given: SHOP,
    sql: `ALTER TABLE public.orders ADD COLUMN paid_at timestamptz; ALTER TABLE public.orders ADD COLUMN sent_at timestamptz;
ALTER TABLE public.orders ADD CONSTRAINT orders_sent CHECK (sent_at >= paid_at)`,
  },
  {
    given: SHOP,
    sql: `DROP VIEW IF EXISTS public.totals; CREATE VIEW public.totals AS SELECT id, total FROM public.orders;
CREATE TABLE IF NOT EXISTS public.refunds (${ID}, amount numeric(12, 2)); CREATE SCHEMA IF NOT EXISTS archive`,
  },
  { given: SHOP, sql: "SET LOCAL lock_timeout = '2s'; ALTER TABLE public.orders ADD COLUMN paid_at timestamptz" },
  { given: SHOP, sql: "DROP TABLE public.orders CASCADE" },
  { given: SHOP, sql: "DROP TABLE public.customers, public.orders CASCADE" },
];
