CREATE TYPE state AS ENUM ('open', 'paid');
CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers, state state);
ALTER TABLE customers ADD COLUMN name text;
