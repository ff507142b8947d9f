import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseCommandLine, typedOptions } from "../../src/command-line.ts";
import { COMMANDS, GLOBAL_OPTIONS } from "../../src/commands/index.ts";
import { Failure } from "../../src/core/failure/failure.ts";

function invocation(...words: string[]) {
  const request = parseCommandLine(words);
  assert.equal(request.kind, "run");
  if (request.kind !== "run") throw new Error("not a command");
  const { command, arguments: args, options } = request.invocation;
  return { command, arguments: args, options: Object.fromEntries(options) };
}

function refusal(...words: string[]): string {
  try {
    parseCommandLine(words);
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.code, "usage");
    return `${error.message} | ${error.hint}`;
  }
  throw new Error(`accepted: ${words.join(" ")}`);
}

describe("the command line", () => {
  test("no command is up, and aliases are their commands", () => {
    assert.deepEqual(invocation(), { command: "up", arguments: [], options: {} });
    assert.deepEqual(invocation("--dry-run"), { command: "up", arguments: [], options: { "dry-run": "" } });
    for (const [alias, command] of [
      ["run", "up"],
      ["migrate", "up"],
      ["rollback", "down"],
      ["create", "new"],
    ] as const) {
      assert.equal(invocation(alias, ...(command === "new" ? ["x"] : [])).command, command);
    }
  });

  test("versions arrive as they were typed", () => {
    for (const version of ["0012", "20251012093000123", "1e5", "0x10", "007", " 12 "]) {
      assert.deepEqual(invocation("up", version).arguments, [version]);
      assert.equal(invocation("down", "--to", version).options.to, version);
      assert.equal(invocation("down", `--to=${version}`).options.to, version);
    }
    assert.deepEqual(invocation("new", "add", "0012", "true", "", "false").arguments, [
      "add",
      "0012",
      "true",
      "",
      "false",
    ]);
  });

  test("options may stand before the command and behind its arguments", () => {
    const expected = { command: "up", arguments: ["003"], options: { dir: "a", "dry-run": "", count: "2" } };
    assert.deepEqual(invocation("--dir", "a", "--dry-run", "up", "003", "--count=2"), expected);
    assert.deepEqual(invocation("up", "--dry-run", "003", "--dir=a", "--count", "2"), expected);
  });

  test("a switch does not swallow the word behind it", () => {
    assert.deepEqual(invocation("up", "--dry-run", "true").arguments, ["true"]);
    assert.deepEqual(invocation("new", "--down", "false", "start").arguments, ["false", "start"]);
  });

  test("values may hold anything", () => {
    const url = "postgres://u:p=w@h/db?options=-c%20a=b";
    assert.equal(invocation("--url", url).options.url, url);
    assert.equal(invocation(`--url=${url}`).options.url, url);
    assert.equal(invocation("--table=-t").options.table, "-t");
    assert.equal(invocation("--env", "true").options.env, "true");
    assert.equal(invocation("--table", "up").options.table, "up");
  });

  test("behind -- everything is an argument", () => {
    assert.deepEqual(invocation("new", "--", "--weird", "0012").arguments, ["--weird", "0012"]);
  });

  test("behind up and -- stands a program, word for word", () => {
    const program = (...words: string[]) => {
      const request = parseCommandLine(words);
      assert.ok(request.kind === "run");
      const { command, arguments: args, program: started, options } = request.invocation;
      return { command, args, program: started, options: [...options.keys()] };
    };
    const words = ["node", "server.js", "--json", "--help", "0012", "--", "status", ""];
    assert.deepEqual(program("up", "003", "--dry-run", "--", ...words), {
      ...{ command: "up", args: ["003"], options: ["dry-run"] },
      program: words,
    });
    assert.deepEqual(program("--", "status"), { command: "up", args: [], options: [], program: ["status"] });
    assert.deepEqual(program("up", "--").program, []);
    assert.match(refusal("up", "--", "", "x"), /Cannot start a program: the word after -- is empty/);
    assert.match(refusal("status", "--", "node"), /does not start a program.*"node" follows -- \| .*pgstep up -- node/);
    assert.match(refusal("baseline", "1", "--", "node"), /unexpected argument "node"/);
  });

  test("an unknown command names the nearest", () => {
    assert.match(refusal("statsu"), /Cannot run "statsu".*Did you mean pgstep status\?/);
    assert.match(refusal("migrat"), /Did you mean pgstep migrate\?/);
    assert.match(refusal("0012"), /Did you mean pgstep up 0012\?/);
    assert.match(refusal("xyzzy"), /Commands are up, status/);
    assert.match(refusal("!"), /no such command/);
    assert.match(refusal("help", "xyzzy"), /no such command/);
    assert.match(refusal("constructor"), /no such command/);
  });

  test("an unknown option names the nearest, or the command that has it", () => {
    assert.match(refusal("up", "--dryrun"), /Cannot use --dryrun.*Did you mean --dry-run\?/);
    assert.match(refusal("up", "--dryRun"), /Did you mean --dry-run\?/);
    assert.match(refusal("up", "--no-dry-run"), /Cannot use --no-dry-run/);
    assert.match(refusal("up", "--dry"), /Did you mean --dry-run\?/);
    assert.match(refusal("up", "--lock", "1s"), /Did you mean --lock-wait or --lock-timeout\?/);
    assert.match(refusal("up", "--to", "012"), /no such option \| Write only the version: pgstep up <version>\./);
    assert.match(refusal("down", "--count", "3"), /no such option \| Write only the count: pgstep down <count>\./);
    assert.match(refusal("--colour", "always"), /Did you mean --color\?/);
    assert.match(refusal("status", "--retry-for", "1s"), /It is an option of the command up\./);
    assert.match(refusal("--gzip", "wait"), /pgstep wait has no such option \| It is an option of the command up\./);
    assert.match(refusal("down", "-to", "3"), /Cannot use -to.*Did you mean --to\?/);
    assert.match(refusal("up", "--__proto__", "1"), /Cannot use --__proto__/);
    assert.match(refusal("up", "--url.x", "1"), /Cannot use --url\.x/);
    assert.match(refusal("status", "---json"), /Cannot use ---json/);
  });

  test("another name of an option is the option, and help does not list it", () => {
    assert.deepEqual(invocation("up", "--dotenv", "a.env").options, { "env-file": "a.env" });
    assert.deepEqual(invocation("up", "--dotenv=a.env").options, { "env-file": "a.env" });
    assert.deepEqual([...typedOptions(["statsu", "--dotenv", "a.env"])], [["env-file", "a.env"]]);
    assert.match(refusal("up", "--dotenv", "a", "--env-file", "b"), /Cannot use --env-file twice/);
    for (const words of [["--help"], ["up", "--help"], ["help", "settings"]]) {
      const request = parseCommandLine(words);
      assert.ok(request.kind === "text" && !request.text.includes("dotenv"));
    }
  });

  test("values that are missing, too many, or given to a switch", () => {
    assert.match(refusal("down", "--to"), /--to without a value/);
    assert.match(refusal("down", "--to", "--all"), /--to without a value/);
    assert.match(refusal("down", "--to=", "3"), /--to without a value/);
    assert.match(refusal("--url", ""), /--url without a value/);
    assert.match(refusal("up", "--dry-run=false"), /it is a switch/);
    assert.match(refusal("--json=yes"), /it is a switch/);
    assert.match(refusal("down", "--to", "1", "--to", "2"), /--to twice/);
    assert.match(refusal("up", "--set", "a=1", "--set", "b=2"), /with commas: --set <name=value,\.\.\.>/);
  });

  test("arguments that are missing or not used", () => {
    assert.match(refusal("new"), /<description> is missing/);
    assert.match(refusal("new", " "), /<description> is missing/);
    assert.match(refusal("baseline"), /<version> is missing/);
    assert.match(refusal("up", "1", "2"), /unexpected argument "2"/);
    assert.match(refusal("status", "x"), /unexpected argument "x"/);
  });

  test("help is asked for in three ways, and wins", () => {
    const help = (...words: string[]) => {
      const request = parseCommandLine(words);
      return request.kind === "text" ? request.text : request.kind;
    };
    assert.match(help("--help"), /^Usage: pgstep .*\nEveryday +up +apply/);
    assert.equal(help("help"), help("-h"));
    const types = help("help", "types");
    for (const own of ["format", "schema", "table"]) assert.equal(types.split(`\n  --${own} <`).length, 2, own);
    assert.equal(help("help", "rollback"), help("down", "--help"));
    assert.match(help("new", "--help"), /Usage: pgstep new <description\.\.\.> \[options\]\nAlso: {2}pgstep create/);
    for (const command of COMMANDS) {
      for (const line of help("help", command.name).split("\n")) assert.ok(line.length <= 80, line);
    }
  });

  test("the version is asked for in two ways", () => {
    assert.equal(parseCommandLine(["--version"]).kind, "version");
    assert.equal(parseCommandLine(["--json", "-v"]).kind, "version");
    assert.equal(parseCommandLine(["up", "--version"]).kind, "version");
  });

  test("-v with a command is refused, as it could be meant to tell more and would end well with nothing done", () => {
    for (const words of [
      ["up", "-v"],
      ["-v", "migrate"],
    ]) {
      assert.match(
        refusal(...words),
        /-v with pgstep \w+: it could be --verbose or --version \| Write --verbose in full/,
      );
    }
  });

  test("a letter that is no option names those that begin with it", () => {
    assert.match(refusal("up", "-q"), /Cannot use -q: .* \| Did you mean --quiet\?/);
    assert.match(refusal("wait", "-t", "5s"), /Did you mean --timeout or --table\?/);
    assert.match(refusal("up", "-x"), /run pgstep help up/);
  });

  test("words of other tools name pgstep's", () => {
    assert.match(refusal("up", "-n"), /Did you mean --dry-run\?/);
    assert.match(refusal("status", "-V"), /Did you mean --version\?/);
    assert.match(refusal("version"), /Did you mean pgstep --version\?/);
    assert.match(refusal("create"), /pgstep up --create-database/);
  });

  test("a switch that is said twice is said once", () => {
    assert.equal(parseCommandLine(["up", "--dry-run", "--dry-run"]).kind, "run");
    assert.match(refusal("up", "--count", "1", "--count", "2"), /Cannot use --count twice/);
  });

  test("how to tell the outcome is read from a wrong command line as well", () => {
    const typed = typedOptions(["statsu", "--json", "--no-color", "--bogus", "--format"]);
    assert.deepEqual(Object.fromEntries(typed), { json: "", "no-color": "", format: "" });
    assert.equal(typedOptions(["new", "--", "--json"]).size, 0);
  });

  test("what is read from a right command line so is what its command is given", () => {
    for (const line of [
      "up 012 --url=postgres://a@b/c?d=e --lock-wait 5s --json --dir -",
      "reset --confirm app --up --env-file=.env",
      "new --down add --verbose --table=--odd -- --json --schema x",
      "down --to=0012 --color never --ascii",
    ]) {
      const words = line.split(" ");
      const request = parseCommandLine(words);
      assert.ok(request.kind === "run");
      assert.deepEqual(new Map([...typedOptions(words)].sort()), new Map([...request.invocation.options].sort()));
    }
  });

  test("what a command means by an option of its own is no setting", () => {
    const settingsOf = (line: string) => {
      const request = parseCommandLine(line.split(" "));
      assert.ok(request.kind === "run");
      return Object.fromEntries(request.settings);
    };
    assert.deepEqual(settingsOf("types --schema a,b --dir sql"), { dir: "sql" });
    assert.deepEqual(settingsOf("--schema types up --lock-wait 5s"), { schema: "types", "lock-wait": "5s" });
  });

  test("an option has a value in all commands that have it, or in none", () => {
    const options = [...GLOBAL_OPTIONS, ...COMMANDS.flatMap((command) => command.options)];
    for (const { name, value } of options) {
      for (const other of options)
        if (other.name === name) assert.equal(other.value === undefined, value === undefined, name);
    }
  });
});

describe("what commands refuse before they touch anything", () => {
  const refused = async (...words: string[]) => {
    const request = parseCommandLine(words);
    if (request.kind !== "run") throw new Error("not a command");
    const untouchable = new Proxy({} as never, {
      get() {
        throw new Error("the environment was used");
      },
    });
    try {
      await request.command.run(request.invocation, untouchable);
    } catch (error) {
      assert.ok(error instanceof Failure && error.code === "usage", String(error));
      return `${error.message} | ${error.hint}`;
    }
    throw new Error("accepted");
  };

  test("options that contradict each other", async () => {
    assert.match(await refused("down", "--to", "3", "--all"), /--to and --all contradict/);
    assert.match(await refused("down", "2", "--to", "3"), /count 2 and --to contradict/);
    assert.match(await refused("new", "x", "--timestamp", "--sequential"), /--timestamp and --sequential contradict/);
  });

  test("a version where a number of migrations is meant", async () => {
    assert.match(await refused("down", "0012"), /If it is a version: pgstep down --to 0012/);
    assert.match(await refused("down", "20251012093000"), /pgstep down --to 20251012093000/);
    assert.match(await refused("down", "0"), /from 1 to 99999/);
    assert.match(await refused("down", "--", "-1"), /from 1 to 99999/);
    assert.match(await refused("up", "--count", "1.5"), /not a number of migrations/);
  });

  test("words where a version is meant", async () => {
    assert.match(await refused("up", "002_add_users"), /Give the digits alone: 002\./);
    assert.match(await refused("baseline", "latest"), /"latest" is not a version/);
    assert.match(await refused("down", "--to", "1.x"), /not a version/);
  });
});
