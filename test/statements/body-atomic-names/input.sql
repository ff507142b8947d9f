CREATE FUNCTION f() RETURNS int
BEGIN ATOMIC
  SELECT t.begin, t."end", x.end, 1 AS end, 2 AS case FROM begin AS t, the_end AS x;
  SELECT weekend FROM friend;
  SELECT 1 end;
END;
SELECT 2;
