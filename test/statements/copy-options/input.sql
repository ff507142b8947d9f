COPY public."my;t" ("from", stdin) FROM STDIN WITH (FORMAT csv, FORCE_NULL (a, b), HEADER);
a;b
\.
copy t from stdin csv header where a > 1;
1
\.
COPY t FROM STDOUT;
1
\.
COPY BINARY t FROM STDIN;
\.
SELECT 2;
