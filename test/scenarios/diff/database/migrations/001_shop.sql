CREATE TYPE status AS ENUM ('new', 'paid');
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, status status DEFAULT 'new' NOT NULL, note text);
CREATE VIEW open_orders AS SELECT id, note FROM orders WHERE status = 'new';
