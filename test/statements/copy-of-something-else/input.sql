COPY t TO STDOUT;
COPY (SELECT 1 FROM stdin) TO STDOUT;
COPY t FROM '/tmp/stdin';
COPY t FROM PROGRAM 'stdin';
COPY "from" TO 'stdin';
SELECT 2;
