GRANT SELECT ON orders TO pg_monitor;
COMMENT ON TABLE orders IS 'one for each basket';
