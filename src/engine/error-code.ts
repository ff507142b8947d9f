/** The `code` of a file system's error (ENOENT, EACCES ...), else its words. */
export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
