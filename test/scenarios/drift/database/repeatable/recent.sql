CREATE OR REPLACE VIEW recent AS SELECT id, note FROM orders WHERE placed > current_date - 7;
