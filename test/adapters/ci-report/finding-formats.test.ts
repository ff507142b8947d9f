import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DocumentReporter } from "../../../src/adapters/ci-report/document-reporter.ts";
import { markdownDocument } from "../../../src/adapters/ci-report/findings-markdown.ts";
import { annotation, withoutCommandsOn } from "../../../src/adapters/ci-report/github-annotations.ts";
import { runSummary } from "../../../src/adapters/ci-report/github-step-summary.ts";
import { gitlabDocument } from "../../../src/adapters/ci-report/gitlab.ts";
import { junitDocument } from "../../../src/adapters/ci-report/junit.ts";
import { sarifDocument } from "../../../src/adapters/ci-report/sarif.ts";
import type { Inspected } from "../../../src/adapters/output/findings.ts";
import { checkoutPath } from "../../../src/adapters/output/findings.ts";
import { Failure, type Finding } from "../../../src/core/failure/failure.ts";
import type { CheckRuleId, RuleId } from "../../../src/core/failure/rules.ts";
import type { CheckReport } from "../../../src/core/reports/check-report.ts";
import type { ValidationReport } from "../../../src/core/reports/report.ts";
import { sampleReports } from "../../support/all-reports.ts";

const NASTY = "a \"quoted\" <tag> & %25, \x1b[31m\0\ufffe\ud800 :: ]]> 'x'";
const FINDINGS: readonly Finding[] = [
  {
    rule: "bad-name",
    severity: "error",
    message: NASTY,
    hint: NASTY,
    place: { path: `m/${NASTY}.sql`, line: 3, column: 7 },
  },
  { rule: "bad-name", severity: "error", message: "twice", place: { path: "m/1.sql", line: 1 } },
  { rule: "bad-name", severity: "error", message: "twice", place: { path: "m/1.sql", line: 9 } },
  { rule: "gap", severity: "warning", message: "two\nlines" },
];

function inspected(more: Partial<Inspected> = {}): Inspected {
  return { findings: FINDINGS, migrations: 5, checkout: ".", toolVersion: "1.2.3", ...more };
}

/** The elements of a document by their names, checked to be XML 1.0 and closed in their order. */
function elementsOf(xml: string): { name: string; attributes: Record<string, string> }[] {
  // https://www.w3.org/TR/xml/#charsets
  assert.doesNotMatch(xml, /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u);
  const elements: { name: string; attributes: Record<string, string> }[] = [];
  const open: string[] = [];
  const [, declaration, body = ""] = /^(<\?xml version="1\.0" encoding="UTF-8"\?>)([\s\S]*)$/.exec(xml) ?? [];
  assert.ok(declaration);
  for (const [, text = "", close, name = "", attributes = "", alone] of body.matchAll(
    /([^<]*)<(\/?)([a-z-]+)((?:\s+[a-z]+="[^"<]*")*)\s*(\/?)>/g,
  )) {
    assert.doesNotMatch(text + attributes, /&(?!(amp|lt|gt|quot|#10);)/);
    if (close) assert.equal(open.pop(), name);
    else {
      const pairs = [...attributes.matchAll(/([a-z]+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]);
      elements.push({ name, attributes: Object.fromEntries(pairs) });
      if (!alone) open.push(name);
    }
  }
  assert.deepEqual(open, []);
  assert.equal(body.replace(/<\/?[a-z-]+(?:\s+[a-z]+="[^"<]*")*\s*\/?>/g, "").includes("<"), false);
  return elements;
}

describe("a JUnit report", () => {
  test("is XML whatever the findings say, with a case for each of them", () => {
    const elements = elementsOf(junitDocument(inspected()));
    const suite = elements.find(({ name }) => name === "testsuite");
    assert.deepEqual(
      { ...suite?.attributes, name: "" },
      { name: "", tests: "4", failures: "3", errors: "0", skipped: "0", time: "0" },
    );
    assert.equal(elements.filter(({ name }) => name === "testcase").length, 4);
    assert.equal(elements.filter(({ name }) => name === "failure").length, 3);
    assert.equal(elements.find(({ name }) => name === "testcase")?.attributes.line, "3");
  });

  test("has a case that passed when nothing is wrong, and an error when nothing was looked at", () => {
    const sound = elementsOf(junitDocument(inspected({ findings: [] })));
    assert.deepEqual(
      sound.map(({ name }) => name),
      ["testsuites", "testsuite", "testcase"],
    );
    const findings: Finding[] = [{ rule: "connection-failed", severity: "error", message: "Cannot connect" }];
    const unable = elementsOf(junitDocument({ checkout: ".", toolVersion: "1", findings, migrations: undefined }));
    assert.equal(unable.at(-1)?.name, "error");
    assert.equal(unable[1]?.attributes.errors, "1");
  });
});

describe("a GitLab report", () => {
  test("has what GitLab requires of each issue, and no two with the same fingerprint", () => {
    const issues = JSON.parse(gitlabDocument(inspected()));
    assert.equal(issues.length, 4);
    for (const { description, check_name, fingerprint, severity, location } of issues) {
      assert.equal(typeof description, "string");
      assert.equal(typeof check_name, "string");
      assert.match(fingerprint, /^[0-9a-f]{32}$/);
      assert.ok(["info", "minor", "major", "critical", "blocker"].includes(severity));
      assert.ok(!location.path.startsWith("./") && !location.path.startsWith("/"));
      assert.ok(Number.isInteger(location.lines.begin) && location.lines.begin > 0);
    }
    assert.equal(new Set(issues.map(({ fingerprint }: { fingerprint: string }) => fingerprint)).size, 4);
  });

  test("knows a finding again when it has moved to another line", () => {
    const marks = (line: number) => {
      const finding: Finding = { rule: "bug", severity: "error", message: "m", place: { path: "x.sql", line } };
      return JSON.parse(gitlabDocument(inspected({ findings: [finding] })))[0].fingerprint;
    };
    assert.equal(marks(1), marks(20));
  });
});

describe("a SARIF log", () => {
  test("has what the standard and GitHub require", () => {
    const log = JSON.parse(sarifDocument(inspected()));
    assert.equal(log.version, "2.1.0");
    assert.equal(log.runs.length, 1);
    const [{ tool, results, invocations, columnKind }] = log.runs;
    assert.equal(tool.driver.name, "pgstep");
    assert.equal(tool.driver.semanticVersion, "1.2.3");
    assert.deepEqual(
      tool.driver.rules.map(({ id }: { id: string }) => id),
      ["bad-name", "gap"],
    );
    assert.equal(columnKind, "unicodeCodePoints");
    assert.equal(invocations[0].executionSuccessful, true);
    assert.equal(results.length, 4);
    for (const { ruleId, ruleIndex, level, message, locations, partialFingerprints } of results) {
      assert.equal(tool.driver.rules[ruleIndex].id, ruleId);
      assert.ok(["error", "warning"].includes(level));
      assert.ok(message.text.length > 0);
      const [{ physicalLocation }] = locations;
      // RFC 3986: a relative reference, nothing in it that would have to be escaped.
      assert.match(physicalLocation.artifactLocation.uri, /^[\w.!~*'()%/-]+$/);
      if (physicalLocation.region) assert.ok(physicalLocation.region.startLine > 0);
      assert.equal(typeof partialFingerprints["pgstep/v1"], "string");
    }
    assert.deepEqual(results[0].locations[0].physicalLocation.region, { startLine: 3, startColumn: 7 });
  });

  test("says so when nothing was looked at", () => {
    const log = JSON.parse(sarifDocument({ checkout: ".", toolVersion: "1", findings: [], migrations: undefined }));
    assert.equal(log.runs[0].invocations[0].executionSuccessful, false);
  });
});

describe("a document", () => {
  test("is written once, and not for a command line that is wrong", () => {
    let written = "";
    const stream = { write: (text: string) => (written += text) };
    const reporter = new DocumentReporter(stream, "gitlab", { checkout: ".", toolVersion: "1" });
    reporter.failure(new Failure("usage", "Cannot do that"));
    assert.equal(written, "");
    reporter.failure(new Failure("connection-failed", "once"));
    reporter.failure(new Failure("connection-failed", "again"));
    assert.equal(JSON.parse(written).length, 1);
  });
});

describe("an annotation for GitHub", () => {
  test("escapes what would end it or its properties", () => {
    assert.equal(
      annotation(
        {
          rule: "a:b,c" as string as RuleId,
          severity: "warning",
          message: "50% of\r\nit: a, b",
          hint: "do",
          place: { path: "m/a,b:c%.sql", line: 2, column: 4 },
        },
        ".",
      ),
      "::warning file=m/a%2Cb%3Ac%25.sql,line=2,col=4,title=pgstep%3A a%3Ab%2Cc::50%25 of%0Ait: a, b%0Ado",
    );
    assert.equal(annotation({ rule: "gap", severity: "error", message: "m" }, "."), "::error title=pgstep%3A gap::m");
  });

  test("is made by nobody else: other texts keep from looking like one", () => {
    let written = "";
    const stream = withoutCommandsOn({ write: (text: string) => (written += text) });
    stream.write("a\n  ::add-mask::x\n::error::y\n a::b postgres:: ##[group]z\n");
    assert.equal(written, "a\n  : :add-mask::x\n: :error::y\n a::b postgres:: ## [group]z\n");
  });

  test("has the path from the checkout, or as it was named where that lies elsewhere", () => {
    assert.equal(checkoutPath({ path: "a/b.sql" }, "a"), "b.sql");
    assert.equal(checkoutPath({ path: "./a/../a/b.sql" }, "."), "a/b.sql");
    assert.equal(checkoutPath({ path: "a" }, "a"), ".");
    assert.equal(checkoutPath({ path: "../b.sql" }, "."), "../b.sql");
    assert.equal(checkoutPath({ path: "..b.sql" }, "."), "..b.sql");
  });
});

describe("the summary of a job", () => {
  test("takes nothing for Markdown, and counts what it leaves out", () => {
    const steps = Array.from({ length: 600 }, (_, index) => ({
      version: `${index}`,
      name: `${index}_<b>|*x*`,
      description: "",
      direction: "up" as const,
      outcome: "applied" as const,
      durationMs: 3,
    }));
    const lines = runSummary(
      {
        type: "run",
        command: "up",
        database: "app",
        dryRun: false,
        steps,
        alreadyApplied: 0,
        durationMs: 9,
      },
      ".",
    );
    assert.ok(lines.includes("| <code>0&#95;&#60;b&#62;&#124;&#42;x&#42;</code> | applied | 3 ms |"), lines[6]);
    assert.ok(lines.includes("| ... and 100 more |  |  |"));
    assert.ok(lines.length < 510);
  });
});

describe("Markdown for a comment", () => {
  const { check } = sampleReports();
  const markdown = (report: CheckReport | ValidationReport) => markdownDocument(inspected({ ...report, report }));
  const harm = (path: string, line: number): Finding => ({
    ...{
      rule: "rewrites-table" as CheckRuleId,
      severity: "error",
      message: "Rewrites table: rewrites all rows of orders",
    },
    ...{ why: "Reads wait.", recipe: "-- in batches\nSELECT 1;" },
    place: { path, line, column: 1, sourceLine: "ALTER TABLE orders ALTER total TYPE bigint;" },
  });

  test("groups findings by file, and explains a rule once", () => {
    const findings = [harm("m/001.sql", 2), harm("m/002.sql", 1), harm("m/001.sql", 9), FINDINGS[3] as Finding];
    const [before = "", table] = markdown({ ...check, findings }).split("\n<details><summary>The locks");
    assert.equal(
      before,
      `### pgstep check: 3 errors and 1 warning

|  | where | what |
| --- | --- | --- |
| error | <code>m/001.sql:2:1</code> | Rewrites table: rewrites all rows of orders |
| error | <code>m/002.sql:1:1</code> | Rewrites table: rewrites all rows of orders |
| error | <code>m/001.sql:9:1</code> | Rewrites table: rewrites all rows of orders |
| warning |  | two<br>lines |

<details><summary>The statements, and the safe ways</summary>

**warning**: two<br>lines

#### <code>m/001.sql</code>

**error**, line 2: Rewrites table: rewrites all rows of orders

\`\`\`sql
ALTER TABLE orders ALTER total TYPE bigint;
\`\`\`

**why:** Reads wait.

**the safe way:**

\`\`\`sql
-- in batches
SELECT 1;
\`\`\`

**error**, line 9: Rewrites table: rewrites all rows of orders

\`\`\`sql
ALTER TABLE orders ALTER total TYPE bigint;
\`\`\`

#### <code>m/002.sql</code>

**error**, line 1: Rewrites table: rewrites all rows of orders

\`\`\`sql
ALTER TABLE orders ALTER total TYPE bigint;
\`\`\`

</details>
`,
    );
    assert.match(table ?? "", /\n\n\| place \| relation \| lock \| blocks \| rows \| statement \|\n\| --- \|/);
    assert.match(table ?? "", /\n- Tested 8 down scripts: 4 restore the schema, /);
  });

  test("calls the recipe of a rule of style a better way, not a safe one", () => {
    const style = { ...harm("m/001.sql", 2), rule: "serial-column" as CheckRuleId };
    assert.match(markdown({ ...check, findings: [style] }), /\n\*\*the better way:\*\*\n/);
  });

  test("says that nothing was found", () => {
    const { replay: _, hint: __, sizes: ___, merge: ____, ...rest } = check;
    const document = markdown({ ...rest, findings: [], statements: [], inOlder: 0, ignored: 0, known: 0, outdated: 0 });
    assert.equal(
      document,
      `### pgstep check: no problems found

<details><summary>What was checked</summary>

- Checked 3 migrations against <code>app</code>.
- No migration was run: fix the files first.

</details>
`,
    );
  });

  test("takes nothing that others wrote for Markdown, nor for a person or a command", () => {
    const path = "m/<b>|*x*`@me`.sql";
    const sourceLine = "`````` ::error::x </code> @me";
    const hostile = "</code> ![x](y) | `a` @me/team *b* ::error::x\n/merge";
    const finding: Finding = {
      ...{ rule: "syntax", severity: "error", message: hostile, hint: hostile, why: hostile },
      ...{ recipe: `::error::x\n\`\`\`\n${hostile}`, place: { path, line: 1, column: 1, sourceLine } },
    };
    const [statement] = check.statements;
    assert.ok(statement);
    const statements = [
      { ...statement, statement: hostile, touches: statement.touches.map((one) => ({ ...one, relation: hostile })) },
    ];
    let fence: string | undefined;
    const prose: string[] = [];
    for (const line of markdown({ ...check, files: hostile, database: hostile, findings: [finding], statements }).split(
      "\n",
    )) {
      assert.doesNotMatch(line, /^\s*::/);
      if (fence === undefined) fence = /^`{3,}/.exec(line)?.[0];
      else if (line === fence) fence = undefined;
      else continue;
      if (fence === undefined && !/^`/.test(line)) prose.push(line);
    }
    assert.equal(fence, undefined);
    for (const line of prose) {
      assert.doesNotMatch(
        line.replaceAll(/<\/?(?:code|details|summary)>|<br>|<!-- -->/g, "").replaceAll(/^\*\*[a-z ]+:?\*\*/g, ""),
        /[<>`*[\]]/,
      );
      assert.doesNotMatch(line, /@\w|^\//);
    }
    const row = prose.find((line) => line.includes("<code>ACCESS"));
    assert.equal(row?.split("|").length, 8, row);
  });

  test("fits into a comment, however much there is to say", () => {
    const long = "<".repeat(5_000);
    const many = Array.from({ length: 2_000 }, (_, index) => harm(`m/${index}.sql`, 1));
    const [statement] = check.statements;
    assert.ok(statement);
    for (const findings of [many, many.map((one) => ({ ...one, message: long, recipe: long, hint: long }))]) {
      const document = markdown({
        ...{ ...check, findings, statements: Array.from({ length: 2_000 }, () => statement) },
        files: long,
      });
      assert.ok(document.length <= 60_000, `${document.length}`);
      assert.ok(document.length > 30_000, `${document.length}`);
      assert.match(document, /^### pgstep check: 2000 errors\n/);
      assert.ok((document.match(/\n… and \d+ more\n/g) ?? []).length >= 3);
      assert.match(document, /\n<\/details>\n$/);
    }
  });

  test("has a failure that kept the files from being checked", () => {
    const findings: Finding[] = [{ rule: "connection-failed", severity: "error", message: "Cannot connect" }];
    assert.equal(
      markdownDocument({ checkout: ".", toolVersion: "1", findings, migrations: undefined }),
      "### pgstep failed\n\n**error**: Cannot connect\n",
    );
  });
});
