/*
 * Checks values against a JSON Schema (2020-12) that uses no more than the keywords below; any other is an error, since
 * what is not checked must not look as if it were.
 */

type Node = Readonly<Record<string, unknown>>;

const KEYWORDS = new Set([
  ...["$schema", "$id", "$defs", "$ref", "title", "description", "type", "enum", "const", "properties", "required"],
  ...["additionalProperties", "items", "oneOf", "anyOf", "pattern", "minimum"],
]);

/**
 * Everything in which the value differs from the schema, each with its place; empty when it fits.
 * Objects are taken as closed: a property that the schema does not tell of is a difference, though not one by the
 * standard.
 */
export function differences(schema: Node, value: unknown, root: Node = schema, place = "$"): string[] {
  for (const keyword of Object.keys(schema)) {
    if (!KEYWORDS.has(keyword)) throw new Error(`${place}: unknown keyword ${keyword}`);
  }
  const found: string[] = [];
  if (typeof schema.$ref === "string") found.push(...differences(target(root, schema.$ref), value, root, place));
  if (schema.type !== undefined && !types(schema.type).some((type) => isOfType(value, type))) {
    found.push(`${place}: is ${JSON.stringify(value)}, not ${types(schema.type).join(" or ")}`);
  }
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) found.push(`${place}: ${value} is none of the words`);
  if ("const" in schema && schema.const !== value) found.push(`${place}: ${value} is not ${schema.const}`);
  if (typeof schema.pattern === "string" && typeof value === "string" && !new RegExp(schema.pattern, "u").test(value)) {
    found.push(`${place}: ${value} does not match ${schema.pattern}`);
  }
  if (typeof schema.minimum === "number" && typeof value === "number" && value < schema.minimum) {
    found.push(`${place}: ${value} is below ${schema.minimum}`);
  }
  if (schema.items && Array.isArray(value)) {
    found.push(...value.flatMap((one, index) => differences(schema.items as Node, one, root, `${place}[${index}]`)));
  }
  if (isOfType(value, "object")) found.push(...ofObject(schema, value as Node, root, place));
  for (const keyword of ["oneOf", "anyOf"] as const) {
    const branches = schema[keyword];
    if (Array.isArray(branches)) found.push(...ofBranches(keyword, branches, value, root, place));
  }
  return found;
}

function ofObject(schema: Node, value: Node, root: Node, place: string): string[] {
  const properties = (schema.properties ?? {}) as Readonly<Record<string, Node>>;
  const rest = schema.additionalProperties as Node | undefined;
  const missing = ((schema.required ?? []) as string[]).filter((name) => !Object.hasOwn(value, name));
  return [
    ...missing.map((name) => `${place}: ${name} is missing`),
    ...Object.entries(value).flatMap(([name, one]) => {
      const own = Object.hasOwn(properties, name) ? properties[name] : rest;
      if (own) return differences(own, one, root, `${place}.${name}`);
      return schema.type === "object" ? [`${place}: ${name} is not in the schema`] : [];
    }),
  ];
}

function ofBranches(keyword: string, branches: readonly Node[], value: unknown, root: Node, place: string): string[] {
  const tried = branches.map((branch) => differences(branch, value, root, place));
  const fitting = tried.filter((found) => found.length === 0).length;
  if (keyword === "oneOf" ? fitting === 1 : fitting > 0) return [];
  // The branch with the fewest differences is the one that was meant.
  const nearest = tried.toSorted((left, right) => left.length - right.length)[0] ?? [];
  return [`${place}: fits ${fitting} of ${keyword}`, ...nearest];
}

function target(root: Node, reference: string): Node {
  const [, name = ""] = /^#\/\$defs\/(\w+)$/.exec(reference) ?? [];
  const found = (root.$defs as Readonly<Record<string, Node>> | undefined)?.[name];
  if (!found) throw new Error(`${reference} leads nowhere`);
  return found;
}

function types(type: unknown): string[] {
  return [type].flat() as string[];
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "string":
    case "number":
    case "boolean":
      return typeof value === type;
    default:
      throw new Error(`unknown type ${type}`);
  }
}
