CREATE TABLE users (id bigint);
CREATE TABLE posts (id bigint);
