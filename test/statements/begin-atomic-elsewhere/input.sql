SELECT 1 AS begin; SELECT atomic FROM t;
BEGIN;
CREATE TABLE begin (atomic int);
SELECT 1; END;
CREATE VIEW function AS SELECT 1 AS begin, 2 AS atomic;
SELECT 2;
