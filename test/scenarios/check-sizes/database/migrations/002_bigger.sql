ALTER TABLE countries ALTER COLUMN id TYPE bigint;
