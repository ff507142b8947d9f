CREATE TABLE posts (id bigint PRIMARY KEY);
SELECT pg_terminate_backend(pg_backend_pid());
