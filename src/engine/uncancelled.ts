import { ServerFailure } from "../ports/session.ts";

const TRIES = 3;

/**
 * Bookkeeping at the end of a run, tried again where a cancel request refuses it: one that was meant for a statement
 * before may come late. The requests go on meanwhile, because a commit may wait for a synchronous standby for ever.
 */
export async function uncancelled<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const isCancelled = error instanceof ServerFailure && error.server.code === "57014";
      if (!isCancelled || tries === TRIES) throw error;
    }
  }
}
