CREATE TABLE audit (at timestamptz);
