import process from "node:process";

/** The part of Deno's own interface that is used here. */
interface DenoInterface {
  readonly build: { readonly standalone: boolean };
  readonly permissions: {
    /** Asks the person at the terminal where the answer is not known yet. */
    requestSync(wanted: { readonly name: "env" }): { readonly state: "granted" | "prompt" | "denied" };
  };
}

/*
 * Packages read variables while they are loaded, where no caller could turn Deno's refusal into a failure. So main imports
 * this before all others: where variables are refused there are none, and `requireVariables` says so in its time.
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

/** @throws Error like Deno's own, where it does not let pgstep read all variables */
export function requireVariables(): void {
  if (!areRefused) return;
  const advice = deno()?.build.standalone
    ? "specify the required permissions during compilation using `deno compile --allow-env`"
    : "run again with the --allow-env flag";
  const error = new Error(`Requires access to all environment variables, ${advice}`);
  error.name = "NotCapable";
  throw error;
}
