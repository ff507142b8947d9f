CREATE TABLE users (id bigint);

INSERT INTO users
  VALUES (1), (2);
COPY users FROM STDIN;
3
\.
