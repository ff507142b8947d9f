CREATE OR REPLACE VIEW adults AS SELECT id, name FROM people WHERE age >= 18;
