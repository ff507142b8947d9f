/* Recipes that several rules give. */

/** A constraint that a later file checks against the rows that exist. */
export const CHECK_LATER = `ALTER TABLE <table> ADD CONSTRAINT <name> <check or foreign key> NOT VALID;
-- in a later file:
ALTER TABLE <table> VALIDATE CONSTRAINT <name>;`;

/** A constraint that takes over an index which was built without blocking anybody. */
export const INDEX_FIRST = `CREATE UNIQUE INDEX CONCURRENTLY <index> ON <table> (<columns>);  -- in a file of its own
-- in a later file:
ALTER TABLE <table> ADD CONSTRAINT <name> UNIQUE USING INDEX <index>;`;

/** An exclusion constraint has no such way. */
export const EXCLUSION = `-- An exclusion constraint cannot be added without reading all rows under ACCESS EXCLUSIVE. Stop the clients first,
-- or create a new table with the constraint and copy the rows in batches.`;
