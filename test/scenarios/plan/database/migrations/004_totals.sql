CREATE TABLE totals (customer int PRIMARY KEY, orders int NOT NULL);
INSERT INTO totals SELECT customer, count(*) FROM orders GROUP BY customer;
UPDATE orders SET note = 'paid' WHERE paid;
DELETE FROM orders WHERE id = 7;
