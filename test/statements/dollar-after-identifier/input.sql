SELECT a$b$c; SELECT a$$;
SELECT é$$;
SELECT 1 FROM t$x$;
SELECT 2$x$;$x$;
