CREATE TABLE users (id bigint);
DO $$ BEGIN RAISE NOTICE 'hello'; END $$;
