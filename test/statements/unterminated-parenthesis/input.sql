CREATE TABLE t (
  a int DEFAULT (1)
;
CREATE TABLE u (b int);
