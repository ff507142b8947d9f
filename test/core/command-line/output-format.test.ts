import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FORMATS, requireFormat } from "../../../src/core/command-line/output-format.ts";
import { resolveSettings } from "../../../src/core/configuration/resolve-settings.ts";
import { Failure } from "../../../src/core/failure/failure.ts";

function values(environment: Record<string, string>, flags: Record<string, string> = {}) {
  return resolveSettings({ environment, flags: new Map(Object.entries(flags)) }).values;
}

describe("colours", () => {
  test("follow the flags, PGSTEP_COLOR, FORCE_COLOR, NO_COLOR and CLICOLOR, in this order", () => {
    const color = (environment: Record<string, string>, flags?: Record<string, string>) =>
      values(environment, flags).color;
    assert.equal(color({}), "auto");
    assert.equal(color({ NO_COLOR: "1" }), "never");
    assert.equal(color({ NO_COLOR: "" }), "auto");
    for (const level of ["1", "2", "3", "true"]) assert.equal(color({ FORCE_COLOR: level, NO_COLOR: "1" }), "always");
    assert.equal(color({ FORCE_COLOR: "0" }), "never");
    assert.equal(color({ CLICOLOR: "0" }), "never");
    assert.equal(color({ CLICOLOR: "1" }), "auto");
    assert.equal(color({ CLICOLOR_FORCE: "1" }), "always");
    assert.equal(color({ CLICOLOR_FORCE: "0" }), "auto");
    assert.equal(color({ CLICOLOR_FORCE: "1", NO_COLOR: "1" }), "never");
    assert.equal(color({ FORCE_COLOR: "1", PGSTEP_COLOR: "never" }), "never");
    assert.equal(color({ FORCE_COLOR: "1" }, { "no-color": "" }), "never");
    assert.equal(color({ NO_COLOR: "1" }, { color: "always" }), "always");
  });
});

describe("the format", () => {
  test("is GitHub's in its jobs, unless somebody says otherwise", () => {
    assert.equal(values({}).format, "human");
    assert.equal(values({ GITHUB_ACTIONS: "true" }).format, "github");
    assert.equal(values({ GITHUB_ACTIONS: "false" }).format, "human");
    assert.equal(values({ GITHUB_ACTIONS: "true", PGSTEP_FORMAT: "human" }).format, "human");
    assert.equal(values({ GITHUB_ACTIONS: "true" }, { json: "" }).format, "json");
  });

  test("is known still when the rest is wrong", () => {
    assert.equal(values({ PGSTEP_LOCK_WAIT: "soon" }, { format: "json" }).format, "json");
    assert.equal(values({}, { format: "yaml" }).format, "human");
  });

  test("of findings is refused where there are none", () => {
    for (const format of FORMATS) {
      requireFormat(format, { name: "validate", findings: true });
      if (["human", "json", "github"].includes(format)) requireFormat(format, { name: "up" });
      else
        assert.throws(
          () => requireFormat(format, { name: "up" }),
          (error) => error instanceof Failure && error.code === "usage",
        );
    }
  });
});
