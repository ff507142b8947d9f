CREATE TYPE status AS ENUM ('new', 'sent', 'paid');
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, status status DEFAULT 'sent' NOT NULL, total numeric(10,2));
CREATE VIEW open_orders AS SELECT id, total FROM orders WHERE status = 'new';
