import type { Command } from "../core/command-line/command.ts";
import { usage } from "../core/failure/failure.ts";
import { bundle as sealMigrations } from "../engine/bundle/bundle.ts";
import type { Environment } from "./shared/environment.ts";
import { refuseTogether } from "./shared/options.ts";

export const bundle: Command<Environment> = {
  name: "bundle",
  effect: "reads",
  aliases: [],
  summary: "build one program file with the migrations inside",
  description:
    "Writes a copy of this program with the migrations inside, for machines without a checkout: FILE up, FILE " +
    "status, FILE --manifest. An executable gives an executable, a script gives a script. With --pin it runs only if " +
    "the history is the current one, or the current one plus its own migrations.",
  ofCheckout: true,
  arguments: [],
  options: [
    { name: "output", letter: "o", value: "file", summary: "the file to write or replace", completes: "file" },
    { name: "pin", summary: "require the history of the named database" },
    { name: "pin-from", value: "file", summary: "like --pin, from a status --json file", completes: "file" },
    {
      name: "executable",
      value: "file",
      summary: "copy this pgstep executable, e.g. for another system",
      completes: "file",
    },
    { name: "label", value: "text", summary: "a text for the manifest, e.g. the commit" },
  ],
  examples: [
    { line: "pgstep bundle -o deploy", note: "from an executable: then ./deploy up, ./deploy status" },
    { line: "pgstep bundle -o deploy.mjs", note: "from npm's package: then node deploy.mjs up" },
    { line: "pgstep bundle -o deploy --pin --url postgres://host/app", note: "only for databases with that history" },
  ],
  async run({ options }, environment) {
    const output = options.get("output");
    if (output === undefined) {
      throw usage("Cannot run pgstep bundle: no file is named", "Name it with --output <file>.");
    }
    const path = options.get("pin-from");
    refuseTogether("bundle", [options.has("pin") && "--pin", path !== undefined && "--pin-from"]);
    const pinned = options.has("pin") ? await environment.databaseContext() : path === undefined ? undefined : { path };
    const report = await sealMigrations(environment.context, environment.programFile, {
      output,
      executable: options.get("executable"),
      label: options.get("label"),
      pinned,
    });
    environment.report(report);
    return 0;
  },
};
