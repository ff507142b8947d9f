\connect db \\ DROP TABLE t;
\restrict a \unrestrict a
SELECT 2;
