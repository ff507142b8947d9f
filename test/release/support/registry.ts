import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { FileServer } from "../../../build/release/serve.ts";

/** A registry of npm's kind with this one package in it, as if it had been published. */
export async function serveRegistry(tarball: string): Promise<FileServer> {
  const archive = readFileSync(tarball);
  const digest = (algorithm: string, encoding: "hex" | "base64") =>
    createHash(algorithm).update(archive).digest(encoding);
  const manifest = JSON.parse(
    execFileSync("tar", ["-xzOf", tarball, "package/package.json"], { encoding: "utf8" }),
  ) as { name: string; version: string };
  const { name, version } = manifest;
  const path = `/${name}/-/${name}-${version}.tgz`;
  const server = createServer(({ url, headers }, response) => {
    if (url === path) return void response.end(archive);
    if (url !== `/${name}`) return void response.writeHead(404).end("{}");
    const dist = {
      tarball: `http://${headers.host}${path}`,
      integrity: `sha512-${digest("sha512", "base64")}`,
      shasum: digest("sha1", "hex"),
    };
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist } } }),
    );
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
