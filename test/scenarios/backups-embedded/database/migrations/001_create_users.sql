CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, email text);
CREATE TABLE posts (id int PRIMARY KEY, user_id int REFERENCES users);
CREATE VIEW names AS SELECT name, email FROM users;
INSERT INTO users VALUES (1, 'Ann', 'ann@example.com'), (2, 'Bob', NULL);
INSERT INTO posts VALUES (10, 1);
