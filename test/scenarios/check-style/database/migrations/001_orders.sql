CREATE TABLE customers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL
);
CREATE TABLE orders (
  id serial PRIMARY KEY,
  customer bigint NOT NULL CONSTRAINT orders_customer REFERENCES customers,
  code varchar(20),
  "createdAt" timestamp
);
ALTER TABLE orders RENAME TO sales;
ALTER TABLE sales ALTER COLUMN "createdAt" TYPE timestamptz;
