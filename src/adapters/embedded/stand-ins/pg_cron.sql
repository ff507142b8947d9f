-- Jobs are recorded, and never run.
CREATE SCHEMA cron;
GRANT USAGE ON SCHEMA cron TO public;

CREATE SEQUENCE cron.jobid_seq;
CREATE SEQUENCE cron.runid_seq;

CREATE TABLE cron.job (
  jobid bigint PRIMARY KEY DEFAULT nextval('cron.jobid_seq'),
  schedule text NOT NULL,
  command text NOT NULL,
  nodename text NOT NULL DEFAULT 'localhost',
  nodeport int NOT NULL DEFAULT 5432,
  database text NOT NULL DEFAULT current_database(),
  username text NOT NULL DEFAULT current_user,
  active boolean NOT NULL DEFAULT true,
  jobname text,
  CONSTRAINT jobname_username_uniq UNIQUE (jobname, username)
);
ALTER TABLE cron.job ENABLE ROW LEVEL SECURITY;
CREATE POLICY cron_job_policy ON cron.job USING (username = current_user);
GRANT SELECT ON cron.job TO public;

CREATE TABLE cron.job_run_details (
  jobid bigint,
  runid bigint PRIMARY KEY DEFAULT nextval('cron.runid_seq'),
  job_pid int,
  database text,
  username text,
  command text,
  status text,
  return_message text,
  start_time timestamptz,
  end_time timestamptz
);
ALTER TABLE cron.job_run_details ENABLE ROW LEVEL SECURITY;
CREATE POLICY cron_job_run_details_policy ON cron.job_run_details USING (username = current_user);
GRANT SELECT, DELETE ON cron.job_run_details TO public;

CREATE FUNCTION cron.schedule_in_database(
  job_name text, schedule text, command text, database text, username text DEFAULT NULL, active boolean DEFAULT true
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  id bigint;
BEGIN
  IF schedule !~ '^\s*(@\w+|\d+\s+seconds?|\S+(\s+\S+){4})\s*$' THEN
    RAISE 'invalid schedule: %', schedule USING
      HINT = 'A schedule has five fields, as in "0 3 * * *", or is like "30 seconds".';
  END IF;
  INSERT INTO cron.job AS known (jobname, schedule, command, database, username, active)
  VALUES (job_name, $2, $3, coalesce($4, current_database()), coalesce($5, current_user), coalesce($6, true))
  ON CONFLICT ON CONSTRAINT jobname_username_uniq DO UPDATE
  SET (schedule, command, database, active) = (excluded.schedule, excluded.command, excluded.database, excluded.active)
  RETURNING known.jobid INTO id;
  RETURN id;
END
$$;

CREATE FUNCTION cron.schedule(job_name text, schedule text, command text) RETURNS bigint
LANGUAGE sql AS $$SELECT cron.schedule_in_database($1, $2, $3, current_database())$$;

CREATE FUNCTION cron.schedule(schedule text, command text) RETURNS bigint
LANGUAGE sql AS $$SELECT cron.schedule_in_database(NULL, $1, $2, current_database())$$;

CREATE FUNCTION cron.unschedule(job_id bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM cron.job WHERE jobid = job_id;
  IF NOT FOUND THEN
    RAISE 'could not find valid entry for job %', job_id;
  END IF;
  RETURN true;
END
$$;

CREATE FUNCTION cron.unschedule(job_name text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM cron.job WHERE jobname = job_name AND username = current_user;
  IF NOT FOUND THEN
    RAISE 'could not find valid entry for job ''%''', job_name;
  END IF;
  RETURN true;
END
$$;

CREATE FUNCTION cron.alter_job(
  job_id bigint, schedule text DEFAULT NULL, command text DEFAULT NULL, database text DEFAULT NULL,
  username text DEFAULT NULL, active boolean DEFAULT NULL
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE cron.job AS known SET
    schedule = coalesce($2, known.schedule),
    command = coalesce($3, known.command),
    database = coalesce($4, known.database),
    username = coalesce($5, known.username),
    active = coalesce($6, known.active)
  WHERE known.jobid = job_id;
  IF NOT FOUND THEN
    RAISE 'could not find valid entry for job %', job_id;
  END IF;
END
$$;
