-- a
SELECT 1,
  'x
;';
CREATE TABLE t ();

SELECT 2;
