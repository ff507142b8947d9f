const PUBLISHED = /^ALTER PUBLICATION (\S+|"(?:[^"]|"")*") ADD (TABLE ONLY|TABLES IN SCHEMA) ("(?:[^"]|"")*"\S*|\S+)/;

/** DROP for an object of a kind, as `pg_identify_object` names both; undefined if it cannot be dropped by itself. */
export function dropSql(kind: string | undefined, identity: string | undefined, statement = ""): string | undefined {
  if (kind === undefined || identity === undefined) return undefined;
  const [, part, of] = /^(.*) (?:on|in|for) (.*)$/s.exec(identity) ?? [];
  if (kind === "table constraint") return `ALTER TABLE ${of} DROP CONSTRAINT ${part}`;
  if (kind === "domain constraint") return `ALTER DOMAIN ${of} DROP CONSTRAINT ${part}`;
  if (kind === "publication relation" || kind === "publication namespace") {
    const [, publication, what, name = ""] = PUBLISHED.exec(statement) ?? [];
    return (
      publication &&
      `ALTER PUBLICATION ${publication} DROP ${what === "TABLES IN SCHEMA" ? what : "TABLE"} ${name.replace(/;$/, "")}`
    );
  }
  if (kind === "default value") {
    const [, relation = "", column = ""] = /^for (.*)\.("(?:[^"]|"")+"|[^."]+)$/s.exec(identity) ?? [];
    return `ALTER TABLE ${relation} ALTER COLUMN ${column} DROP DEFAULT`;
  }
  if (kind === "user mapping")
    return `DROP USER MAPPING FOR ${userOf(statement) ?? identity.replace(" on server ", " SERVER ")}`;
  if (kind === "aggregate") return `DROP AGGREGATE ${identity.replace(/\(\)$/, "(*)")}`;
  if (kind === "transform")
    return `DROP TRANSFORM ${identity
      .replace(/^for/, "FOR")
      .replace(/ language /, " LANGUAGE ")
      .replace(/ on LANGUAGE /i, " LANGUAGE ")}`;
  const words: Readonly<Record<string, string>> = {
    "foreign-data wrapper": "FOREIGN DATA WRAPPER",
    "statistics object": "STATISTICS",
    "composite type": "TYPE",
  };
  if (kind === "operator") return `DROP OPERATOR ${identity.replace("(-,", "(NONE,")}`;
  if (kind === "trigger" || kind === "policy" || kind === "rule") return `DROP ${kind.toUpperCase()} ${part} ON ${of}`;
  return `DROP ${words[kind] ?? kind.toUpperCase()} ${identity}`;
}

function userOf(statement: string): string | undefined {
  return /^CREATE USER MAPPING FOR (.*? SERVER ("(?:[^"]|"")*"|\w+))/.exec(statement)?.[1];
}
