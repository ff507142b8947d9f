CREATE TABLE posts (id bigint PRIMARY KEY, author bigint NOT NULL REFERENCES users (id));
