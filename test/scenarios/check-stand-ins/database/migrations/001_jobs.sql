CREATE EXTENSION IF NOT EXISTS pg_cron WITH SCHEMA pg_catalog;
SELECT cron.schedule('nightly', '0 3 * * *', 'VACUUM');
