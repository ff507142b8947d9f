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
];

const TYPE = "(?:\\w+\\.)?\\w+(?: varying| precision)?(?:\\(\\d+\\))?(?:\\[\\])?";
/** Casts of literals that PostgreSQL adds, and parentheses around a whole condition. */
const SUPERFLUOUS: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`(DEFAULT '(?:[^']|'')*')::${TYPE}(?=$|,| NOT NULL| UNIQUE| PRIMARY KEY)`, "gm"), "$1"],
  [/('(?:[^']|'')*')::text(?![\w[])/g, "$1"],
  [/\((-?\d+)\)::(?:numeric|bigint|double precision)(?![\w[])/g, "$1"],
];

/** How much of PostgreSQL's spelling is replaced: nothing, names of types and schema public, or also casts. */
export type Brevity = 0 | 1 | 2;

/** True if a string after the start of a dollar quote names schema public. */
function namesInBody(sql: string): boolean {
  const start = sql.search(/\$\w*\$/);
  return start !== -1 && sql.includes("'public.", start);
}

/** A statement as a person would write it. */
function shortened(sql: string, brevity: Brevity): string {
  if (brevity === 0 || namesInBody(sql)) return sql;
  if (/^CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE) [\s\S]* BEGIN ATOMIC/.test(sql)) return sql;
  let text = sql;
  const isBody = /^CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE) /.test(sql);
  if (brevity === 2 && !isBody) {
    for (const [pattern, short] of SUPERFLUOUS) text = text.replace(pattern, short);
    text = withoutDouble(text);
  }
  if (!isBody) for (const [pattern, short] of IN_STRINGS) text = text.replace(pattern, short);
  let result = "";
  let end = 0;
  for (const found of text.matchAll(FIXED)) {
    result += shortenedPart(text.slice(end, found.index), end === 0) + found[0];
    end = found.index + found[0].length;
  }
  return result + shortenedPart(text.slice(end), end === 0);
}

const CONDITION = /(CHECK|USING|WHERE|GENERATED ALWAYS AS) \(\(/g;

/** CHECK ((a > 0)) as CHECK (a > 0) */
function withoutDouble(text: string): string {
  let result = "";
  let end = 0;
  for (const { index, 0: start } of text.matchAll(CONDITION)) {
    const inner = index + start.length - 1;
    const close = closing(text, inner);
    if (inner < end || close === undefined || text[close + 1] !== ")") continue;
    result += text.slice(end, inner) + text.slice(inner + 1, close);
    end = close + 1;
  }
  return result + text.slice(end);
}

/** The place of the parenthesis that closes the one at a place. */
function closing(text: string, open: number): number | undefined {
  const rest = text.slice(open).replace(FIXED, (fixed) => " ".repeat(fixed.length));
  let depth = 0;
  for (let place = 0; place < rest.length; place++) {
    if (rest[place] === "(") depth++;
    if (rest[place] === ")" && --depth === 0) return open + place;
  }
  return undefined;
}

function shortenedPart(text: string, isStart: boolean): string {
  return SHORTER.reduce(
    (short, [pattern, spelling]) =>
      pattern.source.startsWith("^") && !isStart ? short : short.replace(pattern, spelling),
    text,
  );
}

/** The statements as the text of a file. */
export function fileText(actions: readonly Pick<Action, "sql">[], brevity: Brevity): string {
  const statements = actions.map(({ sql }) => shortened(sql, brevity)).map((sql) => `${sql};`);
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
