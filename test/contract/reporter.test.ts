import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { DocumentReporter } from "../../src/adapters/ci-report/document-reporter.ts";
import { GithubAnnotations } from "../../src/adapters/ci-report/github-annotations.ts";
import { StepSummary } from "../../src/adapters/ci-report/github-step-summary.ts";
import { JsonReporter } from "../../src/adapters/json-report/json-reporter.ts";
import { HintReporter } from "../../src/adapters/reporters/hint-reporter.ts";
import { LogReporter } from "../../src/adapters/reporters/log-reporter.ts";
import { MaskedReporter } from "../../src/adapters/reporters/masked-reporter.ts";
import { SeveralReporters } from "../../src/adapters/reporters/several-reporters.ts";
import { TextReporter } from "../../src/adapters/text-report/text-reporter.ts";
import { VOCABULARY } from "../../src/commands/index.ts";
import type { FindingFormat } from "../../src/core/command-line/output-format.ts";
import { Failure } from "../../src/core/failure/failure.ts";
import { HintCommands } from "../../src/core/hints/hint-commands.ts";
import type { Event } from "../../src/core/reports/event.ts";
import type { Report } from "../../src/core/reports/report.ts";
import type { Reporter } from "../../src/ports/reporter.ts";
import { EVENTS, sampleReports, tellEverything, withTexts } from "../support/all-reports.ts";
import { SECRET, SECRETS, UNSAFE, UNSAFE_TEXTS } from "../support/foreign-texts.ts";
import { LOOKS, outputsOf } from "../support/outputs.ts";
import { temporaryPlace } from "../support/place.ts";

/* What every reporter keeps to, alone and as the program puts them together. */

/** A reporter, and all that it has written: in each of the texts everything that it shows. */
interface Subject {
  readonly reporter: Reporter;
  readonly written: () => readonly string[];
}

interface Kind {
  readonly make: () => Subject;
  readonly events: (type: Event["type"]) => boolean;
  readonly reports: (type: Report["type"]) => boolean;
}

const directory = temporaryPlace("reporters");
let files = 0;

const LOUD = { quiet: false, verbose: true, color: "never", ascii: false, variables: {} } as const;

/** A reporter on a stream. */
function onStream(make: (stream: { write: (text: string) => void }) => Reporter): () => Subject {
  return () => {
    let written = "";
    const reporter = make({
      write: (text) => {
        written += text;
      },
    });
    return { reporter, written: () => [written] };
  };
}

/** A reporter on a file. */
function onFile(make: (path: string) => Reporter): () => Subject {
  return () => {
    const path = join(directory, `${++files}`);
    return { reporter: make(path), written: () => [readFileSync(path, { encoding: "utf8", flag: "a+" })] };
  };
}

/** A reporter that hands on to others. */
function around(count: number, make: (inner: readonly Reporter[]) => Reporter): () => Subject {
  return () => {
    const inner = Array.from({ length: count }, json);
    const reporter = make(inner.map((one) => one.reporter));
    return { reporter, written: () => inner.flatMap((one) => one.written()) };
  };
}

const text = onStream((stream) => new TextReporter(stream, stream, LOUD));
const json = onStream((stream) => new JsonReporter(stream, stream, LOUD));
const log = (isJson: boolean) =>
  onFile((path) => new LogReporter({ path, json: isJson, title: "t", lost: () => assert.fail("nothing is lost") }));
const commands = new HintCommands(VOCABULARY, () => ({ words: "npx pgstep", given: new Set() }), new Map());

const all = () => true;
const none = () => false;
const isFindings = (type: string) => ["validation", "check", "plan", "drift"].includes(type);
/** A progress line tells of these, or nothing has to. */
const ON_PROGRESS_LINE = new Set([
  "step-started",
  "blocked",
  "statement-progress",
  "backup-progress",
  "database-ready",
]);
const isLine = (type: string) => !ON_PROGRESS_LINE.has(type);
/** The program that notes are for is not one that reads the log. */
const isNoNote = (type: string) => type !== "layout-found" && type !== "project-file-found" && type !== "program-named";
const mayFail = new Set(
  Object.values(sampleReports())
    .filter((report) => "failure" in report)
    .map(({ type }) => type),
);

const document = (format: FindingFormat): Kind => ({
  make: onStream((stream) => new DocumentReporter(stream, format, { checkout: ".", toolVersion: "1" })),
  events: none,
  reports: isFindings,
});

const KINDS: Readonly<Record<string, Kind>> = {
  text: { make: text, events: isLine, reports: all },
  json: { make: json, events: all, reports: all },
  log: { make: log(false), events: isLine, reports: all },
  "JSON log": { make: log(true), events: isNoNote, reports: all },
  "GitHub annotations": {
    make: onStream((stream) => new GithubAnnotations(stream, ".")),
    events: (type) => type === "warning",
    reports: (type) => isFindings(type) || type === "status" || mayFail.has(type),
  },
  "step summary": {
    make: onFile((path) => new StepSummary(path, ".")),
    events: none,
    reports: (type) => isFindings(type) || mayFail.has(type),
  },
  junit: document("junit"),
  sarif: document("sarif"),
  gitlab: document("gitlab"),
  markdown: document("markdown"),
  several: { make: around(2, (inner) => new SeveralReporters(inner)), events: all, reports: all },
  masked: { make: around(1, ([one]) => new MaskedReporter(one as Reporter)), events: all, reports: all },
  hints: { make: around(1, ([one]) => new HintReporter(one as Reporter, commands)), events: all, reports: all },
};

const MARK = "marked";
const marked = <Told>(told: Told) => withTexts(told, (one) => `${one}${MARK}`);

for (const [name, { make, events, reports }] of Object.entries(KINDS)) {
  describe(`the reporter ${name}`, () => {
    const shown = (tell: (reporter: Reporter) => void) => {
      const { reporter, written } = make();
      tell(reporter);
      reporter.close();
      return written().every((one) => one.includes(MARK));
    };

    for (const event of Object.values(EVENTS)) {
      const isShown = events(event.type);
      test(`${isShown ? "shows" : "leaves to others"} the event ${event.type}`, () => {
        assert.equal(
          shown((reporter) => reporter.event(marked(event))),
          isShown,
        );
      });
    }

    for (const report of Object.values(sampleReports())) {
      const isShown = reports(report.type);
      test(`${isShown ? "shows" : "leaves to others"} the report ${report.type}`, () => {
        assert.equal(
          shown((reporter) => reporter.report(marked(report))),
          isShown,
        );
      });
    }

    test("shows a failure, and a problem of pgstep's own", () => {
      const failure = new Failure("statement-failed", MARK);
      const told = [
        shown((reporter) => reporter.failure(failure)),
        shown((reporter) => reporter.bug(new Error(MARK))),
        shown((reporter) => reporter.bug(MARK)),
      ];
      assert.deepEqual(told, [true, true, true]);
    });

    test("throws at nothing, in whatever order it is told, and may be closed twice", () => {
      const { reporter } = make();
      for (const foreign of ["", "\n", "\ud800", "\0", "😀".repeat(10_000)]) tellEverything(reporter, () => foreign);
      for (const event of Object.values(EVENTS).reverse()) reporter.event(event);
      reporter.event({ ...EVENTS["lock-waiting"], holder: undefined, activity: undefined });
      reporter.event({ ...EVENTS["statement-progress"], progress: null });
      reporter.event({ ...EVENTS.retrying, blockers: [], total: 0 });
      reporter.bug(undefined);
      reporter.close();
      reporter.close();
    });
  });
}

for (const [name, look] of Object.entries(LOOKS)) {
  describe(`all that is written as ${name}`, () => {
    for (const form of SECRETS) {
      test(`has no password, and the text around it: ${form.replaceAll(SECRET, "...")}`, () => {
        const outputs = outputsOf(look, (reporter) => tellEverything(reporter, (one) => `${one}: ${form}`, form));
        const written = Object.values(outputs).join("");
        const at = written.indexOf(SECRET);
        assert.equal(at, -1, written.slice(Math.max(0, at - 300), at + 50));
        assert.match(written, /around.*behind/s);
      });
    }

    for (const [what, [unsafe, spelled]] of Object.entries(UNSAFE_TEXTS)) {
      test(`has nothing as others wrote it that is unsafe: ${what}`, () => {
        const outputs = outputsOf(look, (reporter) => tellEverything(reporter, (one) => `${one} <${unsafe}>`, unsafe));
        const written = Object.values(outputs).join("");
        const found = UNSAFE.exec(written);
        assert.equal(found, null, JSON.stringify(written.slice(Math.max(0, (found?.index ?? 0) - 80), found?.index)));
        if (look.format === "json") {
          assert.ok(textsOf(outputs.stdout).includes(unsafe), "reads back as it was");
        } else if (look.format === "sarif" || look.format === "gitlab") {
          assert.ok(
            textsOf(outputs.stdout).some((one) => one.includes(`<${unsafe}>`)),
            "reads back as it was",
          );
        } else {
          const escaped = look.format === "junit" ? spelled.replaceAll("&", "&amp;") : spelled;
          assert.ok(written.includes(escaped), written.slice(0, 500));
        }
      });
    }
  });
}

/** Every text in lines of JSON, keys too; a document is one line. */
function textsOf(lines: string): string[] {
  return lines
    .trimEnd()
    .split(/\n(?=\{"type")/)
    .flatMap((line) => textsIn(JSON.parse(line)));
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => [name, ...textsIn(one)]);
}
