CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, phone text);
CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL REFERENCES customers (id), note text, paid boolean);
