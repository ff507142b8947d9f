import type { Action } from "../diff/action.ts";

/** Texts that are not changed: strings, quoted names, bodies of routines, comments. */
const FIXED = /E?'(?:[^'\\]|''|\\.)*'|"(?:[^"]|"")*"|(\$\w*\$)[\s\S]*?\1|--[^\n]*/g;

/** Shorter spellings that mean the same if schema public is in the search path. */
const SHORTER: readonly (readonly [RegExp, string])[] = [
  [/\bpublic\.(?=[\w"])/g, ""],
  [/\btimestamp(\(\d\))? with time zone\b/g, "timestamptz$1"],
  [/\btimestamp(\(\d\))? without time zone\b/g, "timestamp$1"],
  [/\btime(\(\d\))? with time zone\b/g, "timetz$1"],
  [/\btime(\(\d\))? without time zone\b/g, "time$1"],
  [/\bcharacter varying\b/g, "varchar"],
  [/ USING btree \(/g, " ("],
  [/^ALTER TABLE ONLY /, "ALTER TABLE "],
  [/ EXECUTE PROCEDURE /g, " EXECUTE FUNCTION "],
];
const IN_STRINGS: readonly (readonly [RegExp, string])[] = [
  [/\b(nextval\()'public\.((?:[^'"]|"[^"]*")+)'::regclass/g, "$1'$2'"],
  [/\b(pg_get_serial_sequence\(|setval\()'public\./g, "$1'"],
  [
    /(DEFAULT '(?:[^']|'')*')::(?:[a-z_]+\.)?(?:text|jsonb?|character varying|[a-z_]+)(?=$|,| NOT NULL| UNIQUE)/gm,
    "$1",
  ],
  [/(DEFAULT '(?:[^']|'')*')::[a-z_]+ varying/g, "$1"],
];

/** A statement as a person would write it. */
function shortened(sql: string): string {
  if (/^CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE) [\s\S]* BEGIN ATOMIC/.test(sql)) return sql;
  let text = sql;
  for (const [pattern, short] of IN_STRINGS) text = text.replace(pattern, short);
  let result = "";
  let end = 0;
  for (const found of text.matchAll(FIXED)) {
    result += shortenedPart(text.slice(end, found.index), end === 0) + found[0];
    end = found.index + found[0].length;
  }
  return result + shortenedPart(text.slice(end), end === 0);
}

function shortenedPart(text: string, isStart: boolean): string {
  return SHORTER.reduce(
    (short, [pattern, spelling]) =>
      pattern.source.startsWith("^") && !isStart ? short : short.replace(pattern, spelling),
    text,
  );
}

/** The statements as the text of a file. @param isShort false to keep the spelling of PostgreSQL */
export function fileText(actions: readonly Pick<Action, "sql">[], isShort: boolean): string {
  const statements = actions.map(({ sql }) => (isShort ? shortened(sql) : sql)).map((sql) => `${sql};`);
  let text = "";
  for (const [index, statement] of statements.entries()) {
    const before = statements[index - 1];
    const isApart =
      before !== undefined && (before.includes("\n") || statement.includes("\n") || topic(before) !== topic(statement));
    text += `${isApart ? "\n" : ""}${statement}\n`;
  }
  return text;
}

/** The object that a statement is about, roughly. */
function topic(statement: string): string {
  const [, object = statement] =
    /^(?:ALTER TABLE|ALTER TYPE|COMMENT ON \w+|GRANT .* ON|REVOKE .* ON|DROP \w+|CREATE (?:UNIQUE )?INDEX \S+ ON) (?:ONLY )?([\w".]+)/.exec(
      statement,
    ) ?? [];
  return /^DROP/.test(statement) ? "drop" : (object.replace(/^public\./, "").split(".")[0] ?? object);
}
