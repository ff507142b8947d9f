import type { FilePlace } from "../failure/failure.ts";

/** The source of a value. */
export type Origin =
  | { readonly source: "flag"; readonly flag: string }
  /** An option of the library. */
  | { readonly source: "option"; readonly option: string }
  | { readonly source: "environment"; readonly variable: string }
  | { readonly source: "env-file"; readonly variable: string; readonly place: FilePlace }
  | {
      readonly source: "project-file";
      readonly key: string;
      readonly place: FilePlace;
      /** The section that has it; undefined for the part above all sections. */
      readonly environment: string | undefined;
    }
  | { readonly source: "default" };

/** For people: "--url", "PGSTEP_DIR", "DATABASE_URL in .env:3", "pgstep.json:4:12, environment production". */
export function describeOrigin(origin: Origin): string {
  switch (origin.source) {
    case "flag":
      return origin.flag;
    case "option":
      return `the option ${origin.option}`;
    case "environment":
      return origin.variable;
    case "env-file":
      return `${origin.variable} in ${origin.place.path}:${origin.place.line}`;
    case "project-file": {
      const { place, environment } = origin;
      const section = environment === undefined ? "" : `, environment ${environment}`;
      return `${place.path}:${place.line}:${place.column}${section}`;
    }
    case "default":
      return "default";
  }
}

/** The place of a value in a project file; undefined if it comes from elsewhere. */
export function placeInProjectFile(origin: Origin): string | undefined {
  return origin.source === "project-file" ? describeOrigin(origin) : undefined;
}
