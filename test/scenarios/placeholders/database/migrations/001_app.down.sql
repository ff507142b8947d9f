-- Placeholders: on
DROP SCHEMA ${app} CASCADE;
