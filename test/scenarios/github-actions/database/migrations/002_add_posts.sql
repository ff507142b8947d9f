CREATE TABLE posts (id bigint,
  user_id bigint REFERENCES user_with|pipe (id));
