CREATE TABLE posts (id bigint);
INSERT INTO posts VALUES ('one');
