COPY t (a, b) FROM stdin;
1	one; it's $$ /* --
\N	\\.
\.x
 \.
\\.
2	\.

\.
SELECT 2;
