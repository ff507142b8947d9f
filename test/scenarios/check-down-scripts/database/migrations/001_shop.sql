CREATE TABLE customers (id serial PRIMARY KEY, email text NOT NULL UNIQUE);
CREATE VIEW addresses AS SELECT email FROM customers;
GRANT SELECT ON addresses TO PUBLIC;
