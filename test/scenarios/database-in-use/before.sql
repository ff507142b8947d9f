CREATE TABLE users (id bigint);
CREATE TABLE other (id bigint);
CREATE SCHEMA drizzle;
CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
INSERT INTO drizzle.__drizzle_migrations (hash) VALUES ('a'), ('b');
