DROP VIEW addresses; DROP TABLE customers;
