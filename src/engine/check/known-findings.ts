import { Failure } from "../../core/failure/failure.ts";
import { systemWords } from "../../core/failure/system-error.ts";
import { type KnownFinding, parseKnownFindings, writeKnownFindings } from "../../core/findings/known-findings.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import { readDocument } from "../files/read-document.ts";

/**
 * @param mayBeMissing the command will write the file
 * @throws Failure settings
 */
export function readKnownFindings(fileSystem: FileSystem, path: string, mayBeMissing: boolean): KnownFinding[] {
  const update = `pgstep check --all --known-findings ${path} --update-known-findings`;
  const text = readDocument(fileSystem, path);
  if (typeof text !== "string") {
    if (mayBeMissing && text.isMissing) return [];
    throw cannot("read", path, text.reason, `Check its name, or write it: ${update}`, text.cause);
  }
  const read = parseKnownFindings(text);
  if ("known" in read) return read.known;
  throw cannot("read", path, read.problem, `Fix it, or remove it and write it again: ${update}`);
}

/** @throws Failure file-unwritable */
export function replaceKnownFindings(fileSystem: FileSystem, path: string, known: readonly KnownFinding[]): void {
  try {
    fileSystem.replace(path, writeKnownFindings(known));
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw cannot("write", path, systemWords(cause), "Check the permissions of its directory.", cause);
  }
}

function cannot(verb: "read" | "write", path: string, reason: string, hint: string, cause?: unknown): Failure {
  const code = verb === "read" ? "settings" : "file-unwritable";
  return new Failure(code, `Cannot ${verb} the known findings in ${path}: ${reason}`, { hint, cause });
}
