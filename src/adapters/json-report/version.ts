/** Raised when something goes or changes its meaning, so that a program that reads the lines has to be changed. */
export const FORMAT_VERSION = 1;

/** What `--version` prints for people. */
export function versionLine(version: string): string {
  return `pgstep ${version}\n`;
}
