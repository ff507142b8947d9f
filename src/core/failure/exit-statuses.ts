/** What the program may end with, lowest first. */
export const EXIT_STATUSES: readonly { readonly status: number; readonly meaning: string }[] = [
  { status: 0, meaning: "Done, or there was nothing to do." },
  { status: 1, meaning: "A bug of pgstep; please report it with the text on standard error." },
  { status: 2, meaning: "Could not start: arguments, settings, connection or privileges. Nothing was changed." },
  {
    status: 3,
    meaning:
      "Refused or found something: faults in files, a changed file, pending with --exit-code, lock held, no consent, a question answered with no.",
  },
  { status: 4, meaning: "A statement failed, or the connection was lost, after the run had begun." },
  { status: 126, meaning: "The program behind -- could not be started; what was to be done is done." },
  { status: 127, meaning: "The program behind -- was not found; what was to be done is done." },
  { status: 130, meaning: "Interrupted (SIGINT, Ctrl-C); what was running is rolled back." },
  { status: 143, meaning: "Terminated (SIGTERM, SIGHUP); what was running is rolled back." },
];
