-- Descripton: posts & <tags>

CREATE TABLE posts (id bigint);
  COMMIT;
