CREATE OR REPLACE VIEW recent AS SELECT id, placed FROM orders WHERE placed > current_date - 7;
