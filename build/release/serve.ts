import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

/** A file server on this machine. */
export interface FileServer {
  readonly url: string;
  close(): void;
}

/** Serves the files of a directory, without subdirectories, on a free port of 127.0.0.1. */
export async function serveFiles(directory: string): Promise<FileServer> {
  const server = createServer(({ url = "" }, response) => {
    try {
      response.end(readFileSync(join(directory, basename(url))));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/*
 * `node build/release/serve.ts DIRECTORY COMMAND...`: runs a command that downloads from this directory instead of from
 * a release.
 */
if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [directory = ".", command = "true", ...words] = process.argv.slice(2);
  const server = await serveFiles(directory);
  const child = spawn(command, words, {
    stdio: "inherit",
    env: { ...process.env, PGSTEP_DOWNLOAD_BASE: server.url },
  });
  child.once("error", (error) => {
    console.error(String(error));
    process.exitCode = 1;
    server.close();
  });
  child.once("exit", (status) => {
    process.exitCode = status ?? 1;
    server.close();
  });
}
