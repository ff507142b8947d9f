/** Increased when a field is removed or changes its meaning, so that programs that read the lines must be changed. */
export const FORMAT_VERSION = 1;

/** The output of `--version` for people. */
export function versionLine(version: string): string {
  return `pgstep ${version}\n`;
}
