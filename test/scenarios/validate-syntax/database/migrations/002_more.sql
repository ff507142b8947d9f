-- Placeholders: on
SELECT '${title}', '😀' AS face FROM users u x;
COPY users FROM stdin;
1	slect
\.
slect 1;
