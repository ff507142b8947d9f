import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { ROOT } from "../../build/runtimes.ts";
import { temporaryPlace } from "../support/place.ts";
import { run } from "../support/program.ts";

/*
 * comment.sh, run as a runner does, against a server that behaves as GitHub's comments of an issue do.
 */

interface Comment {
  readonly id: number;
  readonly user: { readonly login: string };
  body: string;
}

const BOT = { login: "github-actions[bot]" };
const HARM = '### pgstep check: 1 error\n\n| error | `x` | $(touch owned) `touch owned` "; touch owned |\n';
const WELL = "### pgstep check: no problems found\n\nfine\n";
const REFUSED = ["/bin/jq", "/usr/bin/jq", "/usr/local/bin/jq"].some(existsSync) ? false : "jq is missing";

describe("comment.sh", { skip: REFUSED }, () => {
  const place = temporaryPlace("comment");
  let comments: Comment[] = [];
  let requests: string[] = [];
  let isFork = false;
  let isBroken = false;

  const server = createServer(async (request, response) => {
    const { method = "", url = "", headers } = request;
    requests.push(`${method} ${url}`);
    const [path = "", query] = url.split("?");
    const answer = (status: number, value: unknown) => response.writeHead(status).end(JSON.stringify(value));
    if (isBroken) return answer(422, { message: "Validation Failed" });
    if (headers.authorization !== "Bearer ghs_good") return answer(401, { message: "Bad credentials" });
    if (method === "GET" && path === "/repos/me/shop/issues/7/comments") {
      const [size, page] = ["per_page", "page"].map((name) => Number(new URLSearchParams(query).get(name)));
      return answer(200, comments.slice(((page ?? 1) - 1) * (size ?? 30), (page ?? 1) * (size ?? 30)));
    }
    if (isFork) return answer(403, { message: "Resource not accessible by integration" });
    const { body } = JSON.parse(await textOf(request)) as { body: string };
    if (body.length > 65_536) return answer(422, { message: "body is too long" });
    if (method === "POST" && path === "/repos/me/shop/issues/7/comments") {
      comments.push({ id: comments.length + 1, user: BOT, body });
      return answer(201, comments.at(-1));
    }
    const comment = comments.find(({ id }) => path === `/repos/me/shop/issues/comments/${id}`);
    if (method !== "PATCH" || !comment) return answer(404, { message: "Not Found" });
    comment.body = body;
    return answer(200, comment);
  });
  before(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  beforeEach(() => {
    [comments, requests, isFork, isBroken] = [[], [], false, false];
  });

  async function post(text: string, environment: Readonly<Record<string, string>> = {}, event: unknown = EVENT) {
    writeFileSync(join(place, "text.md"), text);
    writeFileSync(join(place, "event.json"), JSON.stringify(event));
    const { port } = server.address() as AddressInfo;
    const outcome = await run(["bash", join(ROOT, "comment.sh"), join(place, "text.md")], {
      directory: place,
      environment: {
        ...{ GITHUB_TOKEN: "ghs_good", INPUT_COMMENT: "true", GITHUB_REPOSITORY: "me/shop", GITHUB_RUN_ID: "12" },
        ...{ GITHUB_API_URL: `http://127.0.0.1:${port}`, GITHUB_SERVER_URL: "https://github.com" },
        ...{ GITHUB_EVENT_PATH: join(place, "event.json"), RUNNER_TEMP: place, ...environment },
      },
    });
    assert.equal(outcome.status, 0, outcome.stderr);
    assert.deepEqual(readdirSync(place).sort(), ["event.json", "text.md"]);
    return outcome.stderr;
  }

  test("creates a comment, edits it, and keeps it when all is well", async () => {
    assert.equal(await post(HARM), "");
    assert.equal(comments.length, 1);
    assert.equal(
      comments[0]?.body,
      `<!-- pgstep comment: true -->\n${HARM}\n<sub>For commit ${SHA}: [log](https://github.com/me/shop/actions/runs/12)</sub>\n`,
    );
    assert.equal(await post(WELL), "");
    assert.equal(comments.length, 1);
    assert.match(comments[0]?.body ?? "", /^<!-- pgstep comment: true -->\n### pgstep check: no problems found\n/);
    assert.deepEqual(
      requests.map((one) => one.split(" ")[0]),
      ["GET", "POST", "GET", "PATCH"],
    );
  });

  test("says nothing while there is nothing to say", async () => {
    assert.equal(await post(WELL), "");
    assert.deepEqual(comments, []);
  });

  test("finds its comment on a later page, and takes none that others wrote", async () => {
    const marker = "<!-- pgstep comment: true -->\n";
    comments = Array.from({ length: 230 }, (_, index) => ({ id: index + 1, user: { login: "x" }, body: marker }));
    comments[150] = { id: 151, user: BOT, body: `> ${marker}` };
    comments[220] = { id: 221, user: BOT, body: `${marker}old` };
    assert.equal(await post(HARM), "");
    assert.equal(comments.length, 230);
    assert.match(comments[220]?.body ?? "", /1 error/);
    assert.equal(comments.filter(({ body }) => body.includes("1 error")).length, 1);
  });

  test("gives each name a comment of its own", async () => {
    await post(HARM, { INPUT_COMMENT: "orders" });
    await post(HARM, { INPUT_COMMENT: "users" });
    await post(HARM, { INPUT_COMMENT: "orders" });
    assert.equal(comments.length, 2);
    assert.match(await post(HARM, { INPUT_COMMENT: "a --> b" }), /::warning .*its name may only have letters/);
  });

  test("says where the result is when the token may not write, as for a fork", async () => {
    isFork = true;
    assert.match(await post(HARM), /^::notice title=pgstep::No comment .*pull-requests: write.*from a fork/);
    isFork = false;
    assert.match(await post(HARM, { GITHUB_TOKEN: "ghs_bad" }), /^::notice /);
    assert.match(await post(HARM, { GITHUB_TOKEN: "" }), /^::warning .*there is no token/);
    assert.deepEqual(comments, []);
  });

  test("ends well whatever the server answers, and outside of pull requests", async () => {
    isBroken = true;
    assert.match(await post(HARM), /^::warning .*answered 422/);
    assert.match(await post(HARM, {}, { ref: "refs/heads/main" }), /^::notice .*no pull request/);
    assert.match(await post(HARM, {}, { pull_request: { number: "7/../9" } }), /^::notice .*no pull request/);
    assert.match(await post(HARM, { GITHUB_API_URL: "http://127.0.0.1:1" }), /did not answer/);
  });

  test("has a text when the check ended before it wrote one", async () => {
    await post("");
    assert.match(comments[0]?.body ?? "", /### pgstep failed\n/);
  });

  test("takes hostile names for text", async () => {
    const hostile = '$(touch owned)`touch owned`"; touch owned #\n::error::x';
    const event = { pull_request: { number: 7, head: { sha: hostile, ref: hostile }, title: hostile }, ref: hostile };
    await post(HARM, { GITHUB_HEAD_REF: hostile, GITHUB_REF_NAME: hostile }, event);
    assert.match(comments[0]?.body ?? "", /<sub>\[log\]/);
    assert.doesNotMatch(comments[0]?.body ?? "", /::error/);
  });
});

const SHA = "0123456789abcdef0123456789abcdef01234567";
const EVENT = { pull_request: { number: 7, head: { sha: SHA } } };

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}
