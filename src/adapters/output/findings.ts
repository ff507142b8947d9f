import { isAbsolute, relative, resolve, sep } from "node:path";
import type { Failure, FilePlace, Finding } from "../../core/failure/failure.ts";
import type { Variables } from "./output.ts";

/** What a document for another program is about. */
export interface Inspected {
  /** How many migrations were looked at; undefined when it did not come to that. */
  readonly migrations: number | undefined;
  readonly findings: readonly Finding[];
  /** The directory that paths are told from. */
  readonly checkout: string;
  readonly toolVersion: string;
}

/** What a failure found, or the failure itself as a finding. */
export function findingsOf({ code, message, hint, place, server, findings }: Failure): readonly Finding[] {
  if (findings.length > 0) return findings;
  const said = [message, server?.detail && `DETAIL: ${server.detail}`, server?.hint && `HINT: ${server.hint}`];
  return [
    {
      rule: code,
      severity: "error",
      message: said.filter(Boolean).join("\n"),
      ...(hint !== undefined && { hint }),
      ...(place && { place }),
    },
  ];
}

/** Where the checkout is that a service reads paths against, as its variables tell; the working directory elsewhere. */
export function checkoutOf({ GITHUB_WORKSPACE, CI_PROJECT_DIR }: Variables): string {
  return GITHUB_WORKSPACE || CI_PROJECT_DIR || ".";
}

/** The path from the checkout, with slashes; as it was named where it lies outside. */
export function checkoutPath({ path }: FilePlace, checkout: string): string {
  const within = relative(resolve(checkout), resolve(path));
  const outside = isAbsolute(within) || within.split(sep)[0] === "..";
  return (outside ? path : within || ".").split(sep).join("/");
}

/** The message with the advice behind it. */
export function withHint({ message, hint }: Finding, between = "\n"): string {
  return hint ? `${message}${between}${hint}` : message;
}
