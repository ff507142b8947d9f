import { Failure, type Finding, finding } from "../../core/failure/failure.ts";
import type { Inventory } from "./inventory.ts";

/**
 * Refuses a reset that could not delete everything, before anything is deleted.
 * @throws Failure reset-refused with a finding for each object that cannot be dropped
 */
export function refuseUndroppable(inventory: Inventory): void {
  const findings = [...undroppable(inventory)];
  if (findings.length === 0) return;
  const number = findings.length === 1 ? "1 object in it" : `${findings.length} objects in it`;
  throw new Failure(
    "reset-refused",
    `Cannot reset ${inventory.databaseName}: role ${inventory.role} may not drop ${number}, so nothing was deleted`,
    {
      hint: "Connect as their owner or as a superuser, or remove them first, and run pgstep reset again.",
      findings,
    },
  );
}

function* undroppable({ objects, schemas, foreignLargeObjects, subscriptions }: Inventory): Generator<Finding> {
  for (const { name, owner, may } of schemas) {
    // The objects in public can be dropped without dropping the schema.
    if (!may && name !== "public") yield belongsTo(`schema ${name}`, owner);
  }
  for (const { kind, identity, owner, may } of objects) {
    if (!may) yield belongsTo(`${kind} ${identity}`, owner);
  }
  if (foreignLargeObjects > 0)
    yield finding("not-droppable", { message: `${foreignLargeObjects} large objects belong to other roles` });
  for (const name of subscriptions) {
    // DROP SUBSCRIPTION cannot be rolled back, and connects to another server.
    yield finding("not-droppable", {
      message: `subscription ${name} has a replication slot on its publisher, which reset does not drop`,
      hint: `Drop it first: DROP SUBSCRIPTION ${name}.`,
    });
  }
}

function belongsTo(what: string, owner: string | null): Finding {
  const message = owner === null ? `${what} can be dropped by superusers only` : `${what} belongs to ${owner}`;
  return finding("not-droppable", { message });
}
