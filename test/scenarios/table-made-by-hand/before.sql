CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE);
CREATE TABLE public.schema_migrations (
  version varchar(255) PRIMARY KEY,
  applied_at timestamp without time zone NOT NULL DEFAULT current_timestamp,
  description text
);
INSERT INTO public.schema_migrations (version, description) VALUES ('1', 'by hand');
