DO $$ BEGIN RAISE NOTICE 'look'; END $$;
CREATE TABLE users (id bigint);
