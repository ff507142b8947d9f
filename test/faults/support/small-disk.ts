import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverUser } from "../../support/postgres-binaries.ts";

/** A file system of few megabytes. */
export interface SmallDisk {
  /** An empty directory on it that the server may write to. */
  readonly directory: string;
  /** Takes so many bytes away, or gives them back with 0. */
  occupy(bytes: number): void;
  /** Unmounts it; so does the end of this process, however that happens. */
  remove(): Promise<void>;
}

/** Mounts one in memory; undefined where that is not allowed. */
export function makeSmallDisk(megabytes: number): SmallDisk | undefined {
  const place = mkdtempSync(join(tmpdir(), "pgstep-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=755`, "pgstep-faults", place], {
      stdio: "ignore",
    });
  } catch {
    rmSync(place, { recursive: true });
    return undefined;
  }
  const guard = unmountAtEnd(place);
  const directory = join(place, "data");
  mkdirSync(directory);
  const user = serverUser();
  if (user) chownSync(directory, user.uid, user.gid);
  const ballast = join(place, "ballast");
  return {
    directory,
    occupy: (bytes) => writeFileSync(ballast, Buffer.alloc(bytes)),
    remove: () =>
      new Promise((resolve) => {
        guard.ref();
        guard.once("exit", () => resolve());
        guard.stdin?.end();
      }),
  };
}

/** A shell that waits for its standard input to end, which happens when this process does. */
function unmountAtEnd(place: string): ChildProcess {
  const guard = spawn("/bin/sh", ["-c", 'cat; umount -l "$1" && rmdir "$1"', "guard", place], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.unref();
  // The pipe would keep this process alive; it is a socket at run time, which the type does not say.
  (guard.stdin as unknown as { unref?(): void } | null)?.unref?.();
  return guard;
}
