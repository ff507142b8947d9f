-- pgstep: ignore cannot-run-twice: only pgstep runs our files
CREATE INDEX CONCURRENTLY sales_code ON sales (code);
