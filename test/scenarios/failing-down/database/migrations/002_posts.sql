CREATE TABLE posts (author bigint REFERENCES users);
