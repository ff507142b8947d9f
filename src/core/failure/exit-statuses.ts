/** The exit statuses of the program, lowest first. */
export const EXIT_STATUSES: readonly { readonly status: number; readonly meaning: string }[] = [
  { status: 0, meaning: "Done, or there was nothing to do." },
  { status: 1, meaning: "A bug of pgstep; please report it with the text on standard error." },
  { status: 2, meaning: "Could not start: arguments, settings, connection or privileges. Nothing was changed." },
  {
    status: 3,
    meaning:
      "Refused or found errors: in files, a changed file, pending with --exit-code, lock held, not confirmed, declined.",
  },
  { status: 4, meaning: "A statement failed, or the connection was lost, after the run had begun." },
  { status: 126, meaning: "The program after -- could not be started; pgstep's own work is done." },
  { status: 127, meaning: "The program after -- was not found; pgstep's own work is done." },
  { status: 130, meaning: "Interrupted (SIGINT, Ctrl-C); what was running is rolled back." },
  { status: 143, meaning: "Terminated (SIGTERM, SIGHUP); what was running is rolled back." },
];
