CREATE TABLE users (id bigint, email text);
	SELECT '😀 ünï' AS "wide", e.mail FROM users AS u