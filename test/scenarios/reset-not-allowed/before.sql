CREATE TABLE public.others (id int);
INSERT INTO public.others VALUES (1);
CREATE SCHEMA private;
CREATE TABLE private.things ();
CREATE EXTENSION citext;
