CREATE TABLE users (id int PRIMARY KEY, label text);
INSERT INTO users VALUES (1, 'a'), (2, 'a');
