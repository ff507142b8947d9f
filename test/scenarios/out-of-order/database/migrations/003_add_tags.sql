CREATE TABLE tags (id bigint);
