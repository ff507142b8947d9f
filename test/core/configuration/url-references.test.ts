import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { resolveSettings } from "../../../src/core/configuration/resolve-settings.ts";
import { permittedVariables, urlReferences } from "../../../src/core/configuration/url-references.ts";
import { readProjectFile } from "../../../src/core/setting-files/project-file.ts";

const PERMITTED = permittedVariables(undefined);

describe("variables in the URL of a project file", () => {
  test("may be the whole URL", () => {
    for (const url of [`\${X}`, ` \${X} `, `\${X:-postgres://h/d}`]) {
      const found = urlReferences(url, PERMITTED);
      assert.deepEqual([found.whole, found.misplaced], ["X", undefined], url);
    }
  });

  test("may be the password, wherever libpq reads one", () => {
    const urls = [
      `postgres://app:\${X}@db/app`,
      `postgres://app:\${X:-no:ne}@db/app`,
      `postgres://app:a\${X}b@db:5432,other:5433/app?sslmode=require`,
      `postgres://app@db/app?password=\${X}`,
      `postgres:///app?host=/run/x&password=\${X}`,
      `host=db user=app password=\${X}`,
      `host=db password='\${X}' user=app`,
    ];
    for (const url of urls) {
      const found = urlReferences(url, PERMITTED);
      assert.deepEqual([found.misplaced, found.inPassword, found.whole], [undefined, true, undefined], url);
    }
  });

  test("may be nothing else, whatever the spelling", () => {
    const urls = [
      `postgres://\${X}@db/app`,
      `postgres://\${X}:\${X}@db/app`,
      `postgres://app@\${X}/app`,
      `postgres://app@\${X}.evil.example/app`,
      `postgres://app@db:\${X}/app`,
      `postgres://app@db/\${X}`,
      `postgres://app@db/app?application_name=\${X}`,
      `postgres://app@db/app?options=-capp.x%3D\${X}`,
      `postgres://app@db/app?passfile=\${X}`,
      `postgres://app@db/app?\${X}=1`,
      `postgres://app:%\${X}@db/app`,
      `postgres://app:x@\${X}@db/app`,
      `postgres://app:x\${X}/@db/app`,
      `postgres://app@db/app?password=1&user=\${X}`,
      `postgres://app:\${X}@db/app?password=7306142985000000&user=7306142985000000`,
      `host=db password=a user=\${X}`,
      `host=db password=\${X} \${X}=1`,
      `mysql://app:\${X}@db/app`,
      `\${X}://app@db/app`,
      `\${X}\${X}`,
      `\${X}@db/app`,
    ];
    for (const url of urls) assert.equal(urlReferences(url, PERMITTED).misplaced, "X", url);
  });

  test("that name a place, or are listed, may stand anywhere", () => {
    const url = `postgres://\${PGUSER:-me}@\${PGHOST}:\${PGPORT:-5432}/\${PGDATABASE}?application_name=\${APP}&options=\${A_B}`;
    assert.equal(urlReferences(url, PERMITTED).misplaced, "APP");
    assert.equal(urlReferences(url, permittedVariables("APP")).misplaced, "A_B");
    for (const list of ["APP,A_B", " APP  A_B ", "A_B, APP,"]) {
      assert.equal(urlReferences(url, permittedVariables(list)).misplaced, undefined, list);
    }
  });

  test("name the server where they are all of its hosts", () => {
    const hosts = (url: string) => urlReferences(url, permittedVariables("A B")).hosts;
    assert.deepEqual(hosts(`postgres://u@\${A}/d`), ["A"]);
    assert.deepEqual(hosts(`postgres://u@\${A}:1,\${B}:2/d`), ["A", "B"]);
    assert.deepEqual(hosts(`postgres://u@\${A},evil/d`), []);
    assert.deepEqual(hosts(`postgres://u@\${A}.evil/d`), []);
    assert.deepEqual(hosts(`postgres://u@\${A}/d?hostaddr=192.0.2.1`), []);
  });

  test("of the embedded database are free: it stays on this machine", () => {
    assert.equal(urlReferences(`pglite:./\${X}`, PERMITTED).misplaced, undefined);
  });
});

describe("a variable in a wrong place", () => {
  const problems = (text: string, environment: Record<string, string> = {}, flags: Record<string, string> = {}) => {
    const file = readProjectFile({ path: "pgstep.json", text, isPackage: false });
    assert.ok(file);
    const projectFile = { ...file, resolve: (path: string) => path };
    return resolveSettings({ environment, projectFile, flags: new Map(Object.entries(flags)) }).problems.map(
      ({ message, hint, place }) => `${place?.path}:${place?.line}: ${message} | ${hint}`,
    );
  };
  const remedy = (name: string) =>
    `Write the value itself, or list ${name} in the environment variable PGSTEP_URL_VARIABLES if it is no secret.`;

  test("is an error with file, line, variable and remedy, in the shadow's URL too", () => {
    for (const key of ["url", "shadowUrl"]) {
      const text = `{\n  "${key}": "postgres://u@\${MY_SECRET}.evil/d"\n}`;
      const expected = `pgstep.json:2: Cannot use "${key}": the variable MY_SECRET may only be the whole URL or its password | ${remedy("MY_SECRET")}`;
      assert.deepEqual(problems(text), [expected]);
      assert.deepEqual(problems(text, { MY_SECRET: "x" }), [expected]);
      assert.deepEqual(problems(text, { MY_SECRET: "x", PGSTEP_URL_VARIABLES: "MY_SECRET" }), []);
    }
    assert.deepEqual(problems(`{ "url": "postgres://\${MY_SECRET}@h/d" }`, {}, { url: "postgres://h/d" }), []);
  });

  test("is one too in what every command sends to such a server", () => {
    for (const key of ["schema", "table"]) {
      const text = (url: string) => `{ "${key}": "\${MY_SECRET}", "url": "${url}" }`;
      const environment = { MY_SECRET: "x", SERVER: "postgres://h/d" };
      assert.deepEqual(problems(text("postgres://evil/d"), environment), [
        `pgstep.json:1: Cannot use "${key}": the variable MY_SECRET would be sent to a server that only this file names | ${remedy("MY_SECRET")}`,
      ]);
      assert.deepEqual(problems(text(`\${SERVER}`), environment), []);
      assert.equal(problems(text(`\${OTHER:-postgres://evil/d}`), environment).length, 1);
      assert.deepEqual(problems(text("postgres://evil/d"), environment, { url: "postgres://h/d" }), []);
      assert.deepEqual(problems(text("postgres://evil/d"), { ...environment, PGSTEP_URL_VARIABLES: "MY_SECRET" }), []);
    }
  });
});
