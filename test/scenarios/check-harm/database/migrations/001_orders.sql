CREATE TABLE orders (id int PRIMARY KEY, total int, note varchar(10));
