INSERT INTO t VALUES ('first;
-- not a comment
/* neither');
SELECT 2;
