CREATE TABLE countries (id int, name text);
INSERT INTO countries SELECT n, 'a country' FROM generate_series(1, 100) n;
CREATE TABLE orders (id int, note text);
INSERT INTO orders SELECT n, repeat('x', 1000) FROM generate_series(1, 12000) n;
