-- Lock-Timeout: 1s
ALTER TABLE users ADD COLUMN name text;
