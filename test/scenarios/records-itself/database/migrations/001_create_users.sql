-- Migration: 001_create_users
-- Description: Create users

CREATE TABLE users (id bigint PRIMARY KEY);

INSERT INTO public.schema_migrations (version, description)
VALUES ('001', 'Create users, in its own words')
ON CONFLICT (version) DO NOTHING;
