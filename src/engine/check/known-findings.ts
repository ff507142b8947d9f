import { Failure } from "../../core/failure/failure.ts";
import { systemCode, systemWords } from "../../core/failure/system-error.ts";
import { type KnownFinding, parseKnownFindings, writeKnownFindings } from "../../core/findings/known-findings.ts";
import { decodeSource, NotUtf8 } from "../../core/text/source.ts";
import type { FileSystem } from "../../ports/file-system.ts";

/**
 * @param mayBeMissing the command will write the file
 * @throws Failure settings
 */
export function readKnownFindings(fileSystem: FileSystem, path: string, mayBeMissing: boolean): KnownFinding[] {
  const update = `pgstep check --all --known-findings ${path} --update-known-findings`;
  let text: string;
  try {
    text = [...decodeSource(fileSystem.read(path))].join("");
  } catch (cause) {
    if (mayBeMissing && systemCode(cause) === "ENOENT") return [];
    const reason = cause instanceof NotUtf8 ? "it is not UTF-8" : systemWords(cause, "file");
    throw cannot("read", path, reason, `Check its name, or write it: ${update}`, cause);
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
