import process from "node:process";

/** The part of Deno's own interface that is used here. */
interface DenoInterface {
  readonly build: { readonly standalone: boolean };
  readonly permissions: {
    /** Prompts at the terminal if the permission is not decided yet. */
    requestSync(wanted: { readonly name: "env" }): { readonly state: "granted" | "prompt" | "denied" };
  };
}

/*
 * Packages read variables while they are loaded, where no caller can turn Deno's error into a failure. So main imports
 * this module first: if Deno denies access, `process.env` becomes empty, and `requireVariables` reports it later.
 */
const areRefused = refused();
if (areRefused) Object.defineProperty(process, "env", { value: {}, configurable: true });

function deno(): DenoInterface | undefined {
  return process.versions.deno === undefined ? undefined : (globalThis as { readonly Deno?: DenoInterface }).Deno;
}

function refused(): boolean {
  const { permissions } = deno() ?? {};
  return permissions !== undefined && permissions.requestSync({ name: "env" }).state !== "granted";
}

/** @throws Error like Deno's own, if pgstep may not read all variables */
export function requireVariables(): void {
  if (!areRefused) return;
  const advice = deno()?.build.standalone
    ? "specify the required permissions during compilation using `deno compile --allow-env`"
    : "run again with the --allow-env flag";
  const error = new Error(`Requires access to all environment variables, ${advice}`);
  error.name = "NotCapable";
  throw error;
}
