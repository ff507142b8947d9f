-- Nothing here blocks anybody for long.
ALTER TABLE orders ADD COLUMN made_at timestamptz DEFAULT now();
ALTER TABLE orders ALTER COLUMN note TYPE text;
CREATE TABLE lines (id int PRIMARY KEY);
CREATE INDEX ON lines (id);
