-- Hints have no effect.
CREATE TABLE hint_plan.hints (
  id serial PRIMARY KEY,
  query_id bigint NOT NULL,
  application_name text NOT NULL,
  hints text NOT NULL,
  UNIQUE (query_id, application_name)
);
