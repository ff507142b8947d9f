INSERT INTO runs SELECT 'step ' || max(version) FROM schema_migrations;
