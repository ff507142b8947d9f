COPY users FROM STDIN;
3	Edsger
\.
INSERT INTO visits SELECT count(*) FROM users;
