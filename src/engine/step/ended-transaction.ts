import { Failure, type ServerMessage } from "../../core/failure/failure.ts";
import type { Stage } from "../pipeline/stage.ts";
import type { Script } from "../script/load-scripts.ts";
import { placeOf } from "./step-failure.ts";

/** The failure of a file that is no longer in its transaction: unlike others it says nothing of being rolled back. */
export function endedFailure({ step, ...script }: Script, stage: Stage, server: ServerMessage | undefined): Failure {
  const what = `Cannot ${step.direction === "up" ? "apply" : "undo"} ${step.name}`;
  return new Failure("transaction-ended", `${what}: the file ended the transaction that pgstep runs it in`, {
    hint: "What it did up to here may be committed, or rolled back: compare the database with the file. Take out what ends the transaction, most likely a COMMIT or ROLLBACK in a string that the server reads in another way.",
    place: placeOf({ step, ...script }, stage, server),
    ...(server && { server }),
  });
}

/** The same where there was none from the start, and nothing kept the file from writing. */
export function unguardedFailure(script: Script, stage: Stage, server: ServerMessage): Failure {
  const { step } = script;
  const what = `Cannot ${step.direction === "up" ? "apply" : "undo"} ${step.name}`;
  return new Failure(
    "transaction-ended",
    `${what}: its BEGIN was refused (${server.message}), and the file turned default_transaction_read_only off`,
    {
      hint: "What it did after that may be committed: compare the database with the file. Take out what turns the setting off.",
      place: placeOf(script, stage, undefined),
      server,
    },
  );
}
