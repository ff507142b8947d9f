import { hooks, repeatable } from "./around-a-run.ts";
import { connecting } from "./connecting.ts";
import { environments } from "./environments.ts";
import { exitStatus } from "./exit-status.ts";
import { files } from "./files.ts";
import type { HelpTopic } from "./help-topic.ts";
import { history } from "./history.ts";
import { json } from "./json.ts";
import { locks } from "./locks.ts";
import { options } from "./options.ts";
import { settings } from "./settings.ts";
import { transactions } from "./transactions.ts";

/** In the order of the help. */
export const HELP_TOPICS: readonly HelpTopic[] = [
  options,
  files,
  transactions,
  history,
  environments,
  repeatable,
  hooks,
  settings,
  connecting,
  locks,
  exitStatus,
  json,
];
