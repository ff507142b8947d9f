SELECT 1 \gset
SELECT 2;
SELECT 3
  \g out.txt
SELECT 4 \; SELECT 5;
SELECT (
\echo x
SELECT 6;
