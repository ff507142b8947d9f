CREATE TABLE posts (id bigint);

  COMMIT;
INSERT INTO posts VALUES (1);
