import assert from "node:assert/strict";
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { LogReporter } from "../../../src/adapters/reporters/log-reporter.ts";
import { MaskedReporter } from "../../../src/adapters/reporters/masked-reporter.ts";
import { Failure, type Finding } from "../../../src/core/failure/failure.ts";
import { PROGRESS } from "../../support/all-reports.ts";
import { temporaryPlace } from "../../support/place.ts";

const place = temporaryPlace("log");

const STEP = { version: "1", name: "1_a", description: "", direction: "up" as const, script: undefined };

describe("the log", () => {
  test("has every statement, and lines of time and text, behind what was there", () => {
    const path = join(place, "text.log");
    for (const title of ["first", "second"]) {
      const log = new MaskedReporter(new LogReporter({ path, json: false, title, lost: () => assert.fail() }));
      log.event({
        type: "statement-finished",
        step: STEP,
        statement: 1,
        statements: 2,
        command: "INSERT",
        rowCount: 3,
      });
      log.failure(
        new Failure("settings", "Cannot use password=hunter2 or postgres://u:hunter2@h/d:\nPASSWORD 'hunter2'"),
      );
      log.close();
    }
    const text = readFileSync(path, "utf8");
    const time = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z";
    const run = `${time} (first|second)\n${time}   1_a  1/2  INSERT  3 rows\n${time} error: Cannot use .*\n${time}        PASSWORD .*\n`;
    assert.match(text, new RegExp(`^${run}${run}$`));
    assert.doesNotMatch(text, /hunter2/);
  });

  test("has no password, whatever a message quotes", () => {
    const path = join(place, "secret.log");
    const log = new MaskedReporter(new LogReporter({ path, json: false, title: "t", lost: () => assert.fail() }));
    const reason = { severity: "ERROR", code: "55P03", message: "could not run dblink('password=hunter2')" };
    log.event({ type: "retrying", step: STEP, reason, attempt: 1, delayMs: 5, blockers: [], total: 0 });
    log.close();
    const text = readFileSync(path, "utf8");
    assert.match(text, /password=\*\*\*/);
    assert.doesNotMatch(text, /hunter2/);
  });

  test("follows no link, as a checkout may bring one", (context) => {
    if (process.platform === "win32") return context.skip("links of Unix");
    const victim = join(place, "victim");
    const path = join(place, "link.log");
    writeFileSync(victim, "precious");
    symlinkSync(victim, path);
    const open = () => new LogReporter({ path, json: false, title: "t", lost: () => assert.fail() });
    assert.throws(open, (error) => error instanceof Failure && error.message.endsWith("link.log: it is a link"));
    assert.equal(readFileSync(victim, "utf8"), "precious");
  });

  test("of JSON has an object a line, its time first, and nothing else", () => {
    const path = join(place, "json.log");
    const log = new LogReporter({ path, json: true, title: "title", lost: () => assert.fail() });
    log.event({ type: "statement-progress", progress: { ...PROGRESS, phase: "a\nb" } });
    log.bug(new Error("x"));
    log.close();
    const lines = readFileSync(path, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map((line) => Object.keys(line).slice(0, 3)),
      [
        ["time", "type", "format"],
        ["time", "type", "format"],
      ],
    );
  });

  test("tells once, before the result, that a full disk kept lines from it", { skip: !existsSync("/dev/full") }, () => {
    const lost: Finding[] = [];
    const log = new LogReporter({ path: "/dev/full", json: false, title: "t", lost: (finding) => lost.push(finding) });
    log.event({ type: "statement-progress", progress: PROGRESS });
    assert.deepEqual(lost, []);
    log.report({ type: "created", paths: ["a"], removed: [] });
    log.failure(new Failure("settings", "Cannot go on"));
    log.close();
    assert.deepEqual(
      lost.map(({ rule, severity, message }) => [rule, severity, message]),
      [["log-lost", "warning", "the log file /dev/full is incomplete: no space left on device"]],
    );
  });

  test("that cannot be opened is a failure at once", () => {
    const path = join(place, "missing", "x.log");
    assert.throws(
      () => new LogReporter({ path, json: false, title: "t", lost: () => {} }),
      (error) =>
        error instanceof Failure && error.exitStatus === 2 && error.message.includes("there is no such directory"),
    );
  });
});
