CREATE TABLE users (id bigint);
DO $$ BEGIN RAISE WARNING E'100%% sure:\n::add-mask::users\n##[debug]no'; END $$;
