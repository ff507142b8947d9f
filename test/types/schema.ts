/** One value of each built-in type that a column may have. */
const VALUES: Readonly<Record<string, string>> = {
  bool: "true",
  int2: "-3",
  int4: "4",
  int8: "9007199254740993",
  float4: "1.5",
  float8: "2.5",
  numeric: "12.34",
  money: "'1.00'",
  oid: "1",
  text: "'a'",
  varchar: "'b'",
  bpchar: "'c'",
  name: "'d'",
  '"char"': "'e'",
  uuid: "'00000000-0000-0000-0000-00000000000a'",
  date: "'2020-01-02'",
  time: "'10:00'",
  timetz: "'10:00+00'",
  timestamp: "'2020-01-02 10:00'",
  timestamptz: "'2020-01-02 10:00+00'",
  interval: "'1 day 02:00'",
  json: `'{"a": [1, null]}'`,
  jsonb: `'{"a": {"b": true}}'`,
  jsonpath: "'$.a'",
  bytea: "'\\x01'",
  bit: "B'1'",
  varbit: "B'10'",
  inet: "'1.2.3.4'",
  cidr: "'1.2.3.0/24'",
  macaddr: "'08:00:2b:01:02:03'",
  macaddr8: "'08:00:2b:01:02:03:04:05'",
  point: "'(1,2)'",
  circle: "'<(1,2),3>'",
  box: "'(1,2),(3,4)'",
  line: "'{1,2,3}'",
  lseg: "'[(1,2),(3,4)]'",
  path: "'[(1,2)]'",
  polygon: "'((1,2))'",
  tsvector: "'a b'",
  tsquery: "'a'",
  xml: "'<a/>'",
  int4range: "'[1,2)'",
  int8range: "'[1,2)'",
  numrange: "'[1,2)'",
  tstzrange: "'[2020-01-01,)'",
  daterange: "'[2020-01-01,)'",
  int4multirange: "'{[1,2)}'",
  pg_lsn: "'0/1'",
  xid: "'1'",
  regclass: "'pg_class'",
  feeling: "'ok'",
  email: "'a@b'",
  amount: "5",
  address: "ROW('a', 1)",
  pressure: "'[1,2)'",
};

const COLUMN = (name: string) => name.replaceAll('"', "");

/** Tables with a column of every type, and of arrays of every type. */
export const EVERY_TYPE = `
CREATE TYPE feeling AS ENUM ('sad', 'ok');
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE DOMAIN amount AS int;
CREATE TYPE address AS (street text, number int);
CREATE TYPE pressure AS RANGE (subtype = float8);
CREATE TABLE every_type (${Object.keys(VALUES)
  .map((type) => `c_${COLUMN(type)} ${type} NOT NULL`)
  .join(", ")});
INSERT INTO every_type VALUES (${Object.values(VALUES).join(", ")});
CREATE TABLE every_array (${Object.keys(VALUES)
  .map((type) => `c_${COLUMN(type)} ${type}[] NOT NULL`)
  .join(", ")});
INSERT INTO every_array VALUES (${Object.entries(VALUES)
  .map(([type, value]) => `ARRAY[${value}]::${type}[]`)
  .join(", ")})`;

/** A small application. */
export const SHOP = `
CREATE SCHEMA stock;
CREATE TYPE state AS ENUM ('new', 'gone');
COMMENT ON TYPE state IS 'How far a customer has got';
CREATE DOMAIN label AS varchar(5) NOT NULL DEFAULT 'x';
CREATE TABLE customers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email varchar(40) NOT NULL UNIQUE,
  state state NOT NULL DEFAULT 'new',
  states state[],
  joined_at timestamptz NOT NULL DEFAULT now(),
  note text,
  "odd name" int NOT NULL DEFAULT 0,
  label label
);
COMMENT ON TABLE customers IS 'Who buys */ from us';
CREATE TABLE orders (id bigserial PRIMARY KEY, customer bigint NOT NULL REFERENCES customers, total numeric(10, 2));
CREATE TABLE record (id int);
CREATE TYPE nothing AS ();
CREATE TYPE span AS RANGE (subtype = float8);
CREATE TABLE stock.items (id int PRIMARY KEY, name text NOT NULL);
CREATE VIEW order_totals AS
  SELECT c.id AS customer, c.email, count(*) AS orders, sum(o.total) AS total, min(c.joined_at) AS first
  FROM customers c JOIN orders o ON o.customer = c.id GROUP BY c.id, c.email;
CREATE FUNCTION total_of(customer bigint, since date DEFAULT NULL) RETURNS numeric
  LANGUAGE sql AS 'SELECT 1.5';
CREATE FUNCTION everyone() RETURNS SETOF customers LANGUAGE sql AS 'SELECT * FROM customers';
CREATE FUNCTION on_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'`;
