import { DEFAULT_SETTINGS, type Settings } from "../../core/configuration/settings.ts";
import { type Finding, finding } from "../../core/failure/failure.ts";
import type { Script } from "../script/load-scripts.ts";

/** What means nothing where there is only one session, and how people ask for it. */
const OPTIONS = [
  ["lockWaitMs", "--lock-wait"],
  ["lockTimeoutMs", "--lock-timeout"],
  ["retryMs", "--retry-for"],
] as const;

/**
 * One remark on everything that a run asks for and the embedded database has no use for: nobody else can hold a lock
 * in it, so locks and the patience with them are passed over. None when nothing was asked for.
 */
export function withoutEffectEmbedded(settings: Settings, scripts: readonly Script[]): Finding[] {
  const asked: string[] = OPTIONS.filter(([name]) => settings[name] !== DEFAULT_SETTINGS[name]).map(([, flag]) => flag);
  const timed = scripts.filter(({ header }) => header.lockTimeoutMs !== undefined);
  if (timed[0]) {
    const others = timed.length > 1 ? ` and ${timed.length - 1} more` : "";
    asked.push(`the Lock-Timeout of ${timed[0].path}${others}`);
  }
  if (asked.length === 0) return [];
  return [
    finding("embedded-locks", {
      message: `the embedded database has one session, where nothing waits for a lock; without effect: ${asked.join(", ")}`,
      hint: "Try locks and timeouts on a server: --url postgres://...",
    }),
  ];
}
