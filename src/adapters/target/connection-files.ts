import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseServiceFile } from "../../core/connection/libpq-files.ts";
import type { ConnectionParameters } from "../../core/connection/parameters.ts";
import { Failure } from "../../core/failure/failure.ts";
import { systemWords } from "../../core/failure/system-error.ts";
import { homeDirectory } from "../network/home-directory.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The parameters of a service, each with its line in the file.
 * @throws Failure settings if no file has the service
 */
export function serviceParameters(
  service: { readonly value: string; readonly source: string },
  file: { readonly value: string; readonly source: string } | undefined,
  environment: Environment,
): ConnectionParameters {
  if (file && !existsSync(file.value)) {
    throw new Failure("settings", `Cannot use the service "${service.value}": there is no file ${file.value}`, {
      hint: `Correct the file's name in ${file.source}.`,
    });
  }
  const own = file?.value ?? join(homeDirectory(), ".pg_service.conf");
  const paths = [own, ...systemFiles(environment)];
  for (const path of paths) {
    if (!existsSync(path)) continue;
    const found = parseServiceFile(readFileSync(path, "utf8"), service.value, path);
    if (found) {
      const origin = (source: string) => `service file ${source} [${service.value}]`;
      return new Map([...found].map(([name, { value, source }]) => [name, { value, source: origin(source) }]));
    }
  }
  throw new Failure(
    "settings",
    `Cannot use the service "${service.value}" from ${service.source}: there is no such section in ${paths.join(" or ")}`,
    { hint: `Add a section [${service.value}], or name the file with PGSERVICEFILE.` },
  );
}

/** The system-wide service files. The directory is compiled into libpq, so the usual ones are tried. */
function systemFiles(environment: Environment): readonly string[] {
  const fileIn = (directory: string) => join(directory, "pg_service.conf");
  if (environment.PGSYSCONFDIR) return [fileIn(environment.PGSYSCONFDIR)];
  return DISTRIBUTIONS.map(fileIn).filter((path) => existsSync(path));
}

/** The directories of Debian's packages, and of PostgreSQL's packages for Red Hat. */
const DISTRIBUTIONS = ["/etc/postgresql-common", "/etc/sysconfig/pgsql"];

/** libpq's default password file; on Windows below %APPDATA%. */
export function defaultPasswordFile(environment: Environment): string {
  if (process.platform !== "win32") return join(homeDirectory(), ".pgpass");
  return join(environment.APPDATA ?? homeDirectory(), "postgresql", "pgpass.conf");
}

/** The text of a password file; one that others may read is ignored, as in libpq. */
export function readPasswordFile(path: string): { readonly text: string } | "readable by others" | undefined {
  try {
    const status = statSync(path);
    if (!status.isFile()) return undefined;
    if (process.platform !== "win32" && (status.mode & OTHERS) !== 0) return "readable by others";
    return { text: readFileSync(path, "utf8") };
  } catch {
    return undefined;
  }
}

const OTHERS = 0o077;

/**
 * The password in a file of its own, such as a container's secret, without the line end.
 * @throws Failure settings
 */
export function readPassword(path: string, source: string): string {
  let password = "";
  try {
    password = readFileSync(path, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    // If there is no such file, the value may be the password itself, so it is not shown.
    const isNoFile = !existsSync(path);
    const reason = isNoFile ? "there is no such file" : systemWords(error, "file");
    throw new Failure("settings", `Cannot read the password from ${source}${isNoFile ? "" : ` ${path}`}: ${reason}`, {
      hint: "Name a readable file that contains the password.",
      ...(!isNoFile && { cause: error }),
    });
  }
  if (password !== "") return password;
  throw new Failure("settings", `Cannot read the password from ${source} ${path}: the file is empty`, {
    hint: "Write the password into it, or omit the setting.",
  });
}
