-- Transaction: none
CREATE TABLE prices (id int, price int);
SET work_mem = '16MB';
CREATE TEMPORARY TABLE input AS SELECT 1 AS id, '7 EUR' AS price;
INSERT INTO prices SELECT id, price::int FROM input;
VACUUM prices;
