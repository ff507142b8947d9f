import { Failure } from "../failure/failure.ts";
import { nearest } from "../text/spelling.ts";
import { type ConnectionParameters, FOREIGN_PARAMETERS, PARAMETERS } from "./parameters.ts";

/**
 * Checks that pgstep supports every parameter.
 * @throws Failure settings for the first one that is unknown, unsupported, or has an unsupported value
 */
export function checkKnown(parameters: ConnectionParameters): void {
  for (const [name, { value, source }] of parameters) {
    const where = `Cannot use the connection settings from ${source}`;
    const use = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
    if (use === undefined) checkForeign(name, where);
    else if (use === "used" || "ignored" in use || value === "") continue;
    else if ("refused" in use) {
      throw new Failure("settings", `${where}: the parameter "${name}" is not supported`, { hint: use.refused });
    } else if (!use.only.includes(value)) {
      throw new Failure("settings", `${where}: ${name}=${value} is not supported`, {
        hint: use.instead ?? `Write ${name}=${use.only[0] ?? ""}.`,
      });
    }
  }
}

function checkForeign(name: string, where: string): void {
  const foreign = Object.hasOwn(FOREIGN_PARAMETERS, name) ? FOREIGN_PARAMETERS[name] : undefined;
  if (foreign && "ignored" in foreign) return;
  if (foreign) {
    throw new Failure("settings", `${where}: "${name}" is another tool's parameter`, { hint: foreign.instead });
  }
  const meant = nearest(name, Object.keys(PARAMETERS));
  throw new Failure("settings", `${where}: the parameter "${name}" is not known`, {
    hint: meant ? `Did you mean "${meant}"?` : "Remove it; the known parameters are those of libpq.",
  });
}
