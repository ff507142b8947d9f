import { quoteText } from "../../core/sql/quote.ts";
import { dependentsSql } from "../catalog/view-dependents-sql.ts";
import { WANTS_REPLACEMENT } from "../repeatable/apply.ts";
import { commentsSql, foundSql, NOT_RECREATED_HINT, viewsAmong } from "../repeatable/dependents.ts";
import { comment, dollarQuoted } from "./text.ts";

/*
 * A view that PostgreSQL cannot replace is dropped with its dependents, which are re-created afterwards. The server
 * decides this while the script runs, so these parts are PL/pgSQL. The dropped objects are kept in a variable of psql,
 * because each file ends with RESET ALL.
 */

/** Sets the variables of psql that the other parts use. */
export function prepareReplacing(): string[] {
  return ["\\set pgstep_taken '[]'", `SELECT ${dollarQuoted(`DO ${dollarQuoted(DROP)}`)} AS pgstep_drop \\gset`];
}

/**
 * The statements of a file that has views, as `applyRepeatables` runs them: if the server refuses to replace something,
 * the views are dropped with their dependents, and the file runs again.
 */
export function replacingLines(statements: readonly string[], views: readonly string[]): string[] {
  const refused = [...WANTS_REPLACEMENT].map((code) => `SQLSTATE '${code}'`).join(" OR ");
  const block = `
BEGIN
  FOR attempt IN 1 .. 2 LOOP
    BEGIN
${statements.map((sql) => `EXECUTE ${dollarQuoted(sql)};`).join("\n")}
      EXIT;
    EXCEPTION WHEN ${refused} THEN
      IF attempt OPERATOR(pg_catalog.=) 2 THEN RAISE; END IF;
      EXECUTE pg_catalog.current_setting('pgstep.drop');
    END;
  END LOOP;
END `;
  return [
    `SELECT pg_catalog.set_config('pgstep.drop', :'pgstep_drop', true), pg_catalog.set_config('pgstep.taken', :'pgstep_taken', true), pg_catalog.set_config('pgstep.views', pg_catalog.array_to_json(ARRAY[${views.map(quoteText).join(", ")}])::text, true);`,
    `DO ${dollarQuoted(block)};`,
    "SELECT pg_catalog.current_setting('pgstep.taken') AS pgstep_taken \\gset",
  ];
}

/** Re-creates the dropped objects that no file has re-created, and restores the details of the others. */
export function recreateLines(): string[] {
  return [
    comment("Objects that were dropped with a view"),
    "SELECT :'pgstep_taken' OPERATOR(pg_catalog.<>) '[]' AS pgstep_replaced \\gset",
    "\\if :pgstep_replaced",
    "SELECT pg_catalog.set_config('pgstep.taken', :'pgstep_taken', true);",
    `DO ${dollarQuoted(RECREATE)};`,
    "\\endif",
  ];
}

const setting = (name: string) => `pg_catalog.current_setting('pgstep.${name}')::pg_catalog.json`;

/** With an empty search path the catalog prints names with their schemas. */
const WITHOUT_SEARCH_PATH =
  "PERFORM pg_catalog.set_config('search_path', '', true), pg_catalog.set_config('check_function_bodies', 'off', true);";
const WITH_SEARCH_PATH = "RESET search_path;\n  RESET check_function_bodies;";

/** The views of the setting `pgstep.views` and their dependents; adds them to `pgstep.taken`. */
const DROP = `
DECLARE
  roots pg_catalog.oid[] := ${viewsAmong(`ARRAY(SELECT pg_catalog.json_array_elements_text(${setting("views")}))`)};
  found pg_catalog.json;
  refused pg_catalog.text;
  dropped pg_catalog.text;
BEGIN
  ${WITHOUT_SEARCH_PATH}
  EXECUTE ${dollarQuoted(dependentsSql("$1"))} INTO found USING roots;
  SELECT string_agg(n->>'refused', ', ') INTO refused FROM json_array_elements(found) AS n;
  IF refused IS NOT NULL THEN
    RAISE EXCEPTION 'Cannot replace a view: pgstep cannot re-create %, which depends on it', refused
      USING HINT = ${quoteText(NOT_RECREATED_HINT)};
  END IF;
  FOR dropped IN SELECT n->>'drop' FROM json_array_elements(found) WITH ORDINALITY AS t(n, place) ORDER BY place DESC LOOP
    EXECUTE dropped;
  END LOOP;
  PERFORM set_config('pgstep.taken', (SELECT json_agg(n) FROM (
    SELECT json_array_elements(${setting("taken")}) UNION ALL SELECT json_array_elements(found)
  ) AS t(n))::text, true);
  ${WITH_SEARCH_PATH}
END `;

/** In parentheses, because PL/pgSQL reads a condition up to THEN. */
const FOUND = `(${foundSql("object->>'name'", "object->>'kind'")})`;

const RECREATE = `
DECLARE
  taken pg_catalog.json[] := ARRAY(SELECT pg_catalog.json_array_elements(${setting("taken")}));
  object pg_catalog.json;
  detail pg_catalog.json;
  refusal pg_catalog.text;
  more boolean := true;
BEGIN
  ${WITHOUT_SEARCH_PATH}
  -- One object may need another that comes later in the list.
  WHILE more LOOP
    more := false;
    FOREACH object IN ARRAY taken LOOP
      CONTINUE WHEN ${FOUND} IS NOT NULL;
      BEGIN
        EXECUTE object->>'create';
        FOR detail IN SELECT json_array_elements(object->'details') LOOP EXECUTE detail->>'sql'; END LOOP;
        more := true;
      EXCEPTION WHEN OTHERS THEN
        refusal := SQLERRM;
      END;
    END LOOP;
  END LOOP;
  FOREACH object IN ARRAY taken LOOP
    IF ${FOUND} IS NULL THEN
      RAISE EXCEPTION '% % depends on a replaced view and cannot be re-created: %', object->>'kind', object->>'name', refusal
        USING HINT = 'Change it first: drop it in a migration, or define it in its own repeatable migration.';
    END IF;
    FOR detail IN SELECT d FROM json_array_elements(object->'details') AS d WHERE NOT (d->>'onlyNew')::boolean
      AND (d->>'comment' IS NULL OR d->>'comment' NOT IN (${commentsSql(FOUND)})) LOOP
      BEGIN
        EXECUTE detail->>'sql';
      EXCEPTION WHEN duplicate_table OR duplicate_object THEN NULL;
      WHEN OTHERS THEN
        RAISE WARNING '% % was re-created, but this could not be restored: % (%)', object->>'kind', object->>'name', detail->>'sql', SQLERRM;
      END;
    END LOOP;
  END LOOP;
  ${WITH_SEARCH_PATH}
END `;
