/**
 * COMMIT for everything that is reported as done, which must outlive a crash of the server: where synchronous_commit is
 * off, this commit waits for the server's own disk, and for no standby. Every other value stays as the DBA chose it.
 * To be sent in the message of the last bookkeeping, after RESET ALL.
 */
export const COMMIT =
  "SELECT pg_catalog.set_config('synchronous_commit', 'local', true) WHERE pg_catalog.current_setting('synchronous_commit') = 'off'; COMMIT";
