CREATE SCHEMA metrics;
CREATE EXTENSION timescaledb WITH SCHEMA metrics VERSION '2.17' CASCADE;
CREATE TABLE readings (at timestamptz NOT NULL, value float8);
SELECT metrics.create_hypertable('readings', 'at');
GRANT SELECT ON readings TO reporting;
