import { Failure, type FilePlace, type Finding, type ServerMessage } from "../../src/core/failure/failure.ts";
import type { Entry } from "../../src/core/migrations/history.ts";
import type { Event } from "../../src/core/reports/event.ts";
import type { Report } from "../../src/core/reports/report.ts";
import type { Reporter } from "../../src/ports/reporter.ts";

const STEP = { version: "001", name: "001_a", description: "a", direction: "up", script: undefined } as const;
export const SERVER = {
  severity: "ERROR",
  code: "42P01",
  message: "no such relation",
  position: 3,
  detail: "d",
  table: "t",
};
export const PLACE = { path: "m/001_a.sql", line: 2, column: 1, sourceLine: "SELECT" };
export const HOLDER = {
  ...{ kind: "session" as const, pid: 7, user: "deploy", application: "pgstep", address: "10.0.0.5" },
  connectedAt: "2026-01-31T12:00:00Z",
};
export const LEASE = {
  ...{ kind: "lease" as const, owner: "user deploy through a pooler, since 2026-01-31 12:00:00 UTC" },
  ...{ expiresAt: "2026-01-31T12:00:30Z", isExpired: false, hiddenFrom: null, pid: null },
};
export const BLOCKER = {
  ...{ pid: 8, preparedAs: null, user: "me", application: "psql", backendType: "client backend", waitsFor: [] },
  ...{ state: "idle in transaction", since: "2026-01-31T12:00:00Z" },
  ...{ ageMs: 65_000, query: "LOCK TABLE t" },
};
export const PREPARED = {
  ...{ pid: null, preparedAs: "transfer-7", user: "me", application: null, backendType: null, waitsFor: [] },
  ...{ state: "prepared", since: "2026-01-31T12:00:00Z", ageMs: 65_000, query: null },
};
export const PROGRESS = {
  command: "CREATE INDEX CONCURRENTLY",
  phase: "building index",
  shares: [{ unit: "blocks", done: 1, total: 8 }],
} as const;
export const ACTIVITY = {
  ...{ state: "active", query: "CREATE INDEX t_a ON t (a)", ageMs: 5_000, progress: PROGRESS },
  ...{ blockers: [BLOCKER, PREPARED], total: 2 },
};
const UNPARSED = ["large", "copy-rows", "placeholders", "strings", "parser"] as const;
const INVENTORY = {
  databaseName: "app",
  schemas: ["public"],
  objects: { table: 2 },
  estimatedRows: 7,
  uncountedTables: 0,
};

/** Each event with all that it may have. */
export const EVENTS: { readonly [Type in Event["type"]]: Event & { readonly type: Type } } = {
  planned: {
    type: "planned",
    database: "app",
    dryRun: false,
    plan: { steps: [STEP], skipped: ["002_b"], warnings: [] },
  },
  "step-started": { type: "step-started", step: STEP, statements: 2 },
  "statement-finished": {
    ...{ type: "statement-finished", step: STEP, statement: 1, statements: 2, command: "INSERT 0 1", rowCount: 1 },
    ...{ place: PLACE, durationMs: 1.5 },
  },
  "step-finished": { type: "step-finished", step: STEP, outcome: "applied", durationMs: 3 },
  notice: { type: "notice", message: SERVER, migration: "001_a", place: PLACE },
  warning: {
    type: "warning",
    finding: { rule: "missing", severity: "warning", message: "m", hint: "h", place: { path: "m" } },
  },
  "repeatable-finished": {
    type: "repeatable-finished",
    repeatable: { name: "v", path: "r/v.sql", outcome: "applied" },
  },
  "hook-finished": {
    type: "hook-finished",
    hook: { moment: "after-up", name: "h/after-up.sql", outcome: "done", durationMs: 1 },
  },
  "hook-output": { type: "hook-output", hook: "npm run types", line: "l" },
  explained: { type: "explained", values: [{ name: "host", value: "h", origin: "--url" }] },
  checked: { type: "checked", check: { topic: "TCP", state: "error", message: "m", hint: "h" } },
  "database-waiting": { type: "database-waiting", database: "app", reason: "r", waitedMs: 0, limitMs: 60_000 },
  "database-created": { type: "database-created", database: "app" },
  "database-ready": { type: "database-ready", database: "app", waitedMs: 20 },
  "lock-waiting": { type: "lock-waiting", holder: HOLDER, activity: ACTIVITY, waitedMs: 10.5 },
  retrying: {
    ...{ type: "retrying", step: STEP, reason: SERVER, attempt: 2, delayMs: 100 },
    ...{ blockers: [BLOCKER, PREPARED], total: 2 },
  },
  blocked: { type: "blocked", blockers: [BLOCKER], total: 1 },
  "statement-progress": { type: "statement-progress", progress: PROGRESS },
  "backup-progress": { type: "backup-progress", table: "public.users", index: 1, tables: 2 },
  "schema-dumped": { type: "schema-dumped", file: { path: "schema.sql", change: "created" } },
  "backup-planned": {
    type: "backup-planned",
    backup: { database: "app", scope: "tables", tables: [{ name: "public.users", bytes: 8192 }], bytes: 8192 },
  },
  "backed-up": {
    type: "backed-up",
    backup: {
      ...{ database: "app", path: "b.sql", kind: "sql", origin: "automatic", scope: "tables", bytes: 9 },
      program: undefined,
      ...{ tables: [{ name: "public.users", rows: 1, checksum: "0" }], verification: "contents" },
      ...{ removed: ["a.sql"], durationMs: 3 },
    },
  },
  "restore-planned": {
    type: "restore-planned",
    plan: {
      ...{ database: "app on h", databaseName: "app", path: "b.sql", createdAt: "2026-01-31T12:00:00.000Z" },
      ...{ replacesAll: false, tables: ["public.users"], pendingAgain: ["002"], appliedAgain: [] },
    },
  },
  "project-file-found": { type: "project-file-found", path: "../pgstep.json" },
  "layout-found": { type: "layout-found", directory: "db", tool: "goose", layout: "goose" },
  "program-named": { type: "program-named", what: "hook", program: "npm run types", origin: "pgstep.json:2:3" },
  "reset-planned": { type: "reset-planned", database: "app", inventory: INVENTORY },
};

const FINDING: Finding = { rule: "gap", severity: "warning", message: "m", hint: "h", place: PLACE };

function sampleFailure(): Failure {
  const details = { hint: "h", place: PLACE, server: { ...SERVER, hint: "h", where: "w", internalQuery: "SELECT x" } };
  return new Failure("statement-failed", "Cannot apply 001_a: no (42P01)", details);
}

const HEADER = { transaction: "one", environments: ["test"], lockTimeoutMs: undefined } as const;
const FILE = { path: "m/001_a.sql", header: HEADER, checksum: "0123456789", size: 1 };
const APPLIED_AT = "2026-01-31T12:00:00.123456";
const ENTRIES: readonly Entry[] = (["applied", "changed", "pending", "missing", "skipped", "unfinished"] as const).map(
  (state): Entry => ({
    ...{ version: "001", description: "a", state, migration: { ...STEP, up: FILE } },
    applied: {
      ...{ version: "001", appliedAt: APPLIED_AT, description: "a", checksum: "9876543210", durationMs: 1 },
      ...{ appliedBy: "deploy", toolVersion: "0.1.0", hasDownScript: true },
    },
    ...(state === "unfinished" && { unfinished: "up" as const }),
  }),
);
const STEPS = (["applied", "failed", "not-run"] as const).map((outcome) => ({ ...STEP, outcome, inPart: true }));
const TABLES = [{ name: "public.users", rows: 1, checksum: "0" }];
const BACKUP = EVENTS["backed-up"].backup;

/** Each report with all that it may have, most with a failure. */
export function sampleReports(): { readonly [Type in Report["type"]]: Report & { readonly type: Type } } {
  const failure = sampleFailure();
  return {
    run: {
      ...{ type: "run", command: "up", database: "app", dryRun: false, steps: STEPS, alreadyApplied: 1, durationMs: 3 },
      repeatable: [{ name: "v", path: "r/v.sql", outcome: "failed" }],
      hooks: [{ moment: "after-up", name: "h/after-up.sql", outcome: "failed", durationMs: 1 }],
      failure,
    },
    seed: {
      ...{ type: "seed", database: "app", directory: "seeds", dryRun: false, steps: STEPS, alreadyDone: 0 },
      ...{ durationMs: 3, failure },
    },
    status: {
      ...{ type: "status", database: "app", environment: "test", entries: ENTRIES, applied: 1, pending: 1 },
      repeatable: [
        {
          name: "v",
          state: "changed",
          recorded: { name: "v", checksum: "0", appliedAt: APPLIED_AT, isDropped: false },
        },
      ],
      ...{ resetUnfinished: true, afterUpUnfinished: true, isProtected: true, warnings: [FINDING] },
    },
    validation: {
      ...{ type: "validation", database: "app", migrations: 3, findings: [FINDING, { ...FINDING, severity: "error" }] },
      syntax: { parser: 18, parsed: 5, unparsed: UNPARSED.map((reason) => ({ reason, statements: 2 })) },
    },
    drift: {
      ...{ type: "drift", database: "app", shadow: "shadow", migrations: 3, repeatable: 1, ignored: 2, ofPlatform: 1 },
      ...{
        platform: "Supabase",
        lastApply: { state: "changed", recordedAt: APPLIED_AT },
        standIns: [{ extension: "pg_cron" }],
        files: ["database/migrations/004_hotfix.sql", "database/migrations/005_hotfix_indexes.sql"],
        versions: ["004", "005"],
        warnings: [FINDING],
      },
      differences: [
        {
          ...{ state: "added", kind: "index", name: "public.t.t_a", within: "public.t", details: [] },
          ...{ database: "CREATE INDEX t_a ON public.t USING btree (a);", migrations: null },
        },
        {
          ...{ state: "changed", kind: "column", name: "public.t.a", within: "public.t" },
          details: ["type text instead of integer"],
          ...{
            database: "ALTER TABLE public.t ADD COLUMN a text;",
            migrations: "ALTER TABLE public.t ADD COLUMN a int;",
          },
        },
      ],
    },
    check: {
      ...{ type: "check", database: "app", migrations: 3, files: "3 migrations since main at a1b2c3d" },
      ...{ hint: "Run pgstep check --all.", inOlder: 2, ignored: 1, known: 2, outdated: 1 },
      sizes: {
        ...{ source: "database/stats.json", takenOn: "2026-01-31", ageDays: 40, isOld: true, smallBytes: 10_485_760 },
        ...{ small: 1, missing: ["tags"] },
      },
      syntax: { parser: 18, parsed: 5, unparsed: [] },
      merge: { base: "origin/main at a1b2c3d", own: 2, theirs: 1, outcome: "untested", because: "no such file" },
      replay: {
        ...{
          database: "shadow",
          applied: 3,
          downs: { proved: 4, different: 2, failed: 1, untested: 1 },
          downRows: { tried: 3, untried: 1, leftOut: 2 },
          examined: ["m/001_a.sql"],
          notRun: ["m/002_b.sql"],
        },
        leftOut: [PLACE],
        rows: { tables: 3, without: ["documents"] },
        roles: ["app_reader"],
        standIns: [
          { extension: "pg_cron" },
          { extension: "timescaledb", path: "d/stand-ins/timescaledb.sql" },
          { path: "d/stand-ins/server.sql" },
        ],
      },
      statements: [
        {
          ...{ place: PLACE, statement: "ALTER TABLE t ADD c int" },
          touches: [
            { relation: "t", lock: "ACCESS EXCLUSIVE", blocks: "reads and writes", rewritten: true, scanned: true },
          ],
        },
      ],
      findings: [
        FINDING,
        { ...FINDING, severity: "error", why: "w", recipe: "-- r\nSELECT 1", place: { ...PLACE, sourceBefore: "" } },
      ],
    },
    plan: {
      ...{ type: "plan", database: "app", alreadyApplied: 3, singleTransaction: false, ignored: 1, known: 2 },
      steps: [
        {
          ...{ kind: "migration", version: "001", name: "001_a", description: "a", path: "m/001_a.sql" },
          ...{ mode: "statements", unlisted: 2 },
          statements: [
            {
              ...{ place: PLACE, statement: "CREATE INDEX CONCURRENTLY ON t (a)", inTransaction: false },
              touches: [
                {
                  ...{ relation: "t", isNew: false, lock: "ACCESS EXCLUSIVE", blocks: "reads and writes" },
                  ...{ rewritten: true, scanned: true, rows: 2_000_000, bytes: 9_000_000 },
                },
              ],
              outside: "waits for older transactions",
              work: {
                ...{ kind: "indexes", relations: ["t"], rows: 2_000_000, bytes: 9_000_000 },
                ...{ diskBytes: 50_000_000, durationMs: 9_000 },
              },
              rows: { rows: 12, scans: ["Seq Scan on t"] },
              ...{ unknown: "not known before 001_a", destroys: ["drops t with all rows"], breaks: ["renames t"] },
            },
          ],
        },
      ],
      hooks: [{ moment: "after-up", name: "h/after-up.sql" }],
      file: { path: "plan.json", validUntil: "2026-01-31T12:00:00.000Z" },
      backup: EVENTS["backup-planned"].backup,
      trial: { database: "shadow", standIns: [{ extension: "pg_cron" }], roles: ["app_reader"] },
      samples: 30,
      ...{ sessions: [FINDING], findings: [{ ...FINDING, severity: "error", why: "w", recipe: "-- r\nSELECT 1" }] },
    },
    rule: {
      ...{
        type: "rule",
        id: "narrow-key",
        group: "style",
        severity: "off",
        preset: "strict",
        title: "Narrow key",
        why: "w",
      },
      ...{ recipe: "-- r\nSELECT 1", examples: { bad: [{ given: "g", sql: "s" }, { sql: "s" }], good: [] } },
    },
    export: {
      ...{ type: "export", database: "app", tool: "goose", directory: "db", files: 2, applied: 1 },
      history: "db/history.sql",
    },
    import: {
      ...{ type: "import", database: "app", tool: "goose", table: "public.goose_db_version", layout: "goose" },
      ...{ dryRun: false, recorded: STEPS, repeatables: ["v"], pending: 1, oldTable: "renamed", renamedTo: "public.x" },
    },
    baseline: { type: "baseline", database: "app", recorded: STEPS },
    repair: { type: "repair", database: "app", changed: ENTRIES, updated: true, forgotten: false },
    resolve: {
      ...{ type: "resolve", database: "app", version: "001", direction: "up", statement: 1, resolution: "done" },
    },
    recorded: { type: "recorded", database: "app", version: "001", recorded: "applied" },
    backup: { type: "backup", ...BACKUP, program: "pg_dump 18.4" },
    backups: {
      ...{ type: "backups", directory: ".pgstep/backups" },
      backups: [
        {
          ...{ path: "b.sql", bytes: 9, database: "app", version: "001", time: "2026-01-31T12:00:00Z", kind: "sql" },
          origin: undefined,
        },
      ],
    },
    dump: {
      ...{ type: "dump", database: "app", source: "database", major: 18, applied: ["001"], checked: true },
      ...{ file: { path: "schema.sql", change: "changed" }, difference: ["@ TABLE public.a", "- a", "+ b"] },
    },
    stats: {
      ...{ type: "stats", database: "app", tables: 2, unanalyzed: ["public.a"] },
      file: { path: "stats.json", change: "created" },
    },
    diff: {
      ...{ type: "diff", from: "the migrations", to: "schema.sql", losses: ["column public.a.b"], files: [] },
      ...{ platforms: ["Supabase"], patterns: ["schema audit"] },
      changes: [{ change: "changed", object: "column public.a.c", details: ["type text instead of integer"] }],
    },
    load: { type: "load", database: "app", path: "schema.sql", recorded: ["001"], durationMs: 3 },
    restore: { type: "restore", database: "app", path: "b.sql", tables: TABLES, durationMs: 3 },
    reset: { type: "reset", database: "app", deleted: INVENTORY, durationMs: 3 },
    protection: { type: "protection", database: "app", isProtected: true, hasChanged: true },
    created: { type: "created", paths: ["m/002_b.sql"], removed: ["m/001_b.sql"] },
    initialized: {
      ...{ type: "initialized", directory: "m", isInstalled: false },
      files: [{ path: "package.json", change: "changed", scripts: ["migrate"] }],
    },
    bundled: {
      ...{ type: "bundled", kind: "script", written: [{ path: "out.js", size: 9, sha256: "00" }], files: 2 },
      ...{ migrations: 2, pinned: 1 },
    },
    wait: { type: "wait", database: "app", waitedMs: 20 },
    doctor: { type: "doctor", database: "app", isConnected: true, warnings: 1, errors: 1 },
    types: {
      type: "types",
      database: "app",
      files: [{ path: "types.ts", change: "created" }],
      checked: false,
      standIns: [{ extension: "pg_cron" }],
    },
    settings: {
      ...{ type: "settings", projectFile: "pgstep.json", failure },
      settings: [
        { name: "url", flag: "--url", variables: ["PGSTEP_URL"], value: "pglite:x", source: "flag", origin: "--url" },
      ],
      connection: [{ name: "host", value: "h", origin: "--url" }],
    },
  };
}

/** Names of fields whose values are few, and chosen by pgstep. */
const CHOSEN = new Set(
  "type outcome state kind severity change verification scope source direction resolution moment topic rule sha256 group".split(
    " ",
  ),
);

/** The same value with something done to every text in it that others may have written. */
export function withTexts<Value>(value: Value, change: (text: string) => string): Value {
  return changed(value, "", change) as Value;
}

/**
 * Tells a reporter everything there is, with something done to every text of others.
 * @param text stands alone where a text is all that there is
 */
export function tellEverything(reporter: Reporter, change: (text: string) => string, text = change("")): void {
  for (const event of Object.values(EVENTS)) reporter.event(withTexts(event, change));
  for (const report of Object.values(withTexts(sampleReports(), change))) reporter.report(report);
  const server = { severity: text, code: text, message: text, detail: text, hint: text, where: text };
  const place = { path: text, line: 1, column: 1, sourceLine: text };
  const inner = { internalQuery: text, internalPosition: 5 };
  reporter.failure(new Failure("statement-failed", text, { hint: text, place, server: { ...server, ...inner } }));
  reporter.failure(new Failure("output-lost", text));
  reporter.bug(new Error(text));
}

function changed(value: unknown, field: string, change: (text: string) => string): unknown {
  if (typeof value === "string") return CHOSEN.has(field) || value === "up" ? value : change(value);
  if (Array.isArray(value)) return value.map((one) => changed(one, field, change));
  if (value instanceof Failure) {
    const { code, message, hint = "", place, server, findings } = value;
    return new Failure(code, change(message), {
      hint: change(hint),
      place: changed(place, "place", change) as FilePlace,
      server: changed(server, "server", change) as ServerMessage,
      findings: changed(findings, "findings", change) as Finding[],
    });
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, changed(one, name, change)]));
}
