import { Failure } from "../failure/failure.ts";
import type { Checked } from "../migrations/history-pin.ts";

/** The applied migrations in the output of `pgstep status --json`. @throws Failure settings for any other text */
export function statusHistory(text: string, path: string): Checked[] {
  const last = text.trim().split("\n").at(-1) ?? "";
  const status = parsed(last);
  if (status?.type !== "status" || !Array.isArray(status.migrations)) {
    throw new Failure("settings", `Cannot use ${path}: it is not the output of pgstep status --json`, {
      hint: "Create it where the database is: pgstep status --json > status.json.",
    });
  }
  return status.migrations
    .filter((entry: Entry) => entry.appliedAt !== null)
    .map(({ version, appliedChecksum }: Entry) => ({ version: String(version), checksum: appliedChecksum ?? null }));
}

interface Entry {
  readonly version: unknown;
  readonly appliedAt: unknown;
  readonly appliedChecksum?: string | null;
}

function parsed(text: string): { readonly type?: unknown; readonly migrations?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === "object" ? value : undefined;
  } catch {
    return undefined;
  }
}
