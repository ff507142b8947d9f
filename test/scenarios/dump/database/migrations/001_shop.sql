CREATE TABLE countries (code text PRIMARY KEY, name text NOT NULL);
CREATE TABLE customers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  country text NOT NULL REFERENCES countries
);
INSERT INTO countries VALUES ('de', 'Germany'), ('at', 'Austria');
