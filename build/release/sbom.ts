import { createHash } from "node:crypto";
import type { Commit } from "./commit.ts";
import type { Component } from "./components.ts";

/** The release that a bill of materials describes. */
export interface Subject {
  readonly version: string;
  readonly commit: Commit;
  readonly components: readonly Component[];
}

/**
 * The software bill of materials as CycloneDX 1.6 JSON (https://cyclonedx.org/docs/1.6/json/). Its serial number is
 * derived from its content, so that the same parts give the same document.
 */
export function billOfMaterials({ version, commit, components }: Subject): string {
  const main = { "bom-ref": `pkg:npm/pgstep@${version}`, type: "application", name: "pgstep", version };
  const body = {
    version: 1,
    metadata: {
      timestamp: new Date(commit.time * 1000).toISOString(),
      component: {
        ...main,
        purl: main["bom-ref"],
        licenses: [{ license: { id: "MIT" } }],
        properties: [{ name: "pgstep:commit", value: commit.id }],
      },
    },
    components: components.map((component) => ({
      "bom-ref": component.purl,
      type: component.inExecutables ? "platform" : "library",
      name: component.name,
      version: component.version,
      licenses: [
        component.license.includes(" ") ? { expression: component.license } : { license: { id: component.license } },
      ],
      purl: component.purl,
      ...(component.sha512 && { hashes: [{ alg: "SHA-512", content: component.sha512 }] }),
      ...(component.inExecutables && { properties: [{ name: "pgstep:in", value: "executables" }] }),
    })),
    dependencies: [
      { ref: main["bom-ref"], dependsOn: components.map(({ purl }) => purl) },
      ...components.map(({ purl }) => ({ ref: purl })),
    ],
  };
  const document = { bomFormat: "CycloneDX", specVersion: "1.6", serialNumber: `urn:uuid:${uuidOf(body)}`, ...body };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** A UUID of version 8 (RFC 9562), made from a digest. */
function uuidOf(value: unknown): string {
  const bytes = createHash("sha256").update(JSON.stringify(value)).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
