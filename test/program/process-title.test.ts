import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { describe, test } from "node:test";
import { temporaryPlace } from "../support/place.ts";
import { chosenRuntimes, programCommand } from "../support/program.ts";

describe("a password in the arguments", { skip: process.platform !== "linux" && "there is no /proc" }, () => {
  // Bun, and so the binary, cannot change its title.
  for (const runtime of chosenRuntimes().filter((name) => name === "node" || name === "deno")) {
    test(`is not seen in the list of processes on ${runtime}`, async () => {
      const [file, ...args] = await programCommand(runtime);
      let isConnected = () => {};
      const connected = new Promise<void>((resolve) => {
        isConnected = resolve;
      });
      const listener = createServer((socket) => {
        socket.on("error", () => {});
        isConnected();
      });
      await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
      const address = listener.address();
      assert.ok(address && typeof address === "object");
      const url = `postgres://me:topsecret@127.0.0.1:${address.port}/d`;
      const directory = temporaryPlace("title");
      const child = spawn(file, [...args, "status", "--dir", directory, "--url", url], { stdio: "ignore" });
      const ended = new Promise<never>((_, reject) => {
        child.once("exit", (status) => reject(new Error(`it ended with ${status} before it connected`)));
      });
      ended.catch(() => {});
      try {
        await Promise.race([connected, ended]);
        const seen = readFileSync(`/proc/${child.pid}/cmdline`, "latin1");
        assert.match(seen, /^pgstep/);
        assert.ok(!seen.includes("topsecret"), seen);
      } finally {
        child.kill("SIGKILL");
        listener.close();
      }
    });
  }
});
