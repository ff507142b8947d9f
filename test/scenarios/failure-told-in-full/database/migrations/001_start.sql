CREATE TABLE accounts (id bigint PRIMARY KEY, balance numeric CHECK (balance >= 0) DEFAULT -1) WITH (fillfactor = 5);
SELECT 1;
