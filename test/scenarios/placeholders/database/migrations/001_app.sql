-- Placeholders: on
CREATE SCHEMA ${app};
CREATE TABLE ${app}.settings (name text PRIMARY KEY, value text);
INSERT INTO ${app}.settings VALUES ('title', '${title}'), ('mark', '$${name}');
COPY ${app}.settings FROM STDIN;
row	${title}
\.
CREATE FUNCTION ${app}.f() RETURNS text LANGUAGE sql AS $$ SELECT '${title}' $$;
