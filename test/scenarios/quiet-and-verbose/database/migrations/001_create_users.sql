
DO $$ BEGIN RAISE NOTICE 'look'; RAISE WARNING 'careful'; END $$;
CREATE TABLE users (id bigint);
INSERT INTO users VALUES (1), (2);
