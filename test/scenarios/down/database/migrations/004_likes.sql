CREATE TABLE likes (id bigint PRIMARY KEY);
