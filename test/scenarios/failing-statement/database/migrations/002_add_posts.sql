CREATE TABLE posts (id bigint PRIMARY KEY, author bigint NOT NULL REFERENCES users (id));
INSERT INTO users (email) VALUES ('a@example.org');
INSERT INTO posts (id, author)
  VALUES (1, 17);
