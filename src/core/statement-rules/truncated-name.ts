import type { CheckRule } from "../check/rule.ts";
import { several } from "../check/words.ts";
import { Lexer, TOKEN } from "../sql/lexer.ts";
import type { TracedStatement } from "../trace/trace.ts";

/** The bytes that PostgreSQL keeps of a name. */
const LONGEST = 63;

export const truncatedName: CheckRule = {
  id: "truncated-name",
  group: "style",
  isStrict: true,
  title: "Name is cut",
  why: "PostgreSQL keeps 63 bytes of a name, and says so only in a notice. Two long names may become the same, and whoever looks for the whole name in the catalog finds nothing.",
  recipe: `-- 63 bytes are 63 letters, or fewer letters with accents:
CREATE INDEX <short_name> ON <table> (<columns>);`,
  examples: {
    bad: [
      { sql: "CREATE TABLE orders_of_customers_who_have_not_paid_since_the_beginning_of_the_year (id bigint)" },
      { sql: 'CREATE TABLE t ("größe_und_länge_und_höhe_und_breite_und_tiefe_aller_kästchen" int)' },
      {
        given: "CREATE TABLE t (n int)",
        sql: "CREATE INDEX index_of_the_numbers_in_the_table_t_for_the_report_of_every_month ON t (n)",
      },
    ],
    good: [
      { sql: "CREATE TABLE orders_of_customers_who_have_not_paid_since_the_start_of_a_year (id bigint)" },
      {
        sql: "CREATE TABLE t (n text DEFAULT 'a string is not a name, so it may have as many bytes as anybody needs')",
      },
    ],
  },
  *find({ statements }) {
    for (const statement of statements) {
      const found = longNames(statement);
      const [first] = found;
      const words = [...new Set(found.map(({ name, bytes }) => `${name} has ${bytes} bytes`))];
      if (first) yield { statement, at: first.at, message: several(words, "names") };
    }
  },
};

/** The names in a statement that are too long. Of names with Unicode escapes the server knows the length. */
function longNames({
  statement,
}: TracedStatement): { readonly name: string; readonly bytes: number; readonly at: number }[] {
  const { text, standardConformingStrings } = statement;
  const lexer = new Lexer(text, { final: true, standardConformingStrings });
  const found = [];
  for (let token = lexer.next(); token !== TOKEN.end && token !== TOKEN.incomplete; token = lexer.next()) {
    if (lexer.end - lexer.start <= LONGEST / 3) continue;
    if (token !== TOKEN.word && token !== TOKEN.quotedIdentifier) continue;
    const name = text.slice(lexer.start, lexer.end);
    const bytes = Buffer.byteLength(token === TOKEN.word ? name : name.slice(1, -1).replaceAll('""', '"'));
    if (bytes > LONGEST && !/^u&/i.test(name)) found.push({ name, bytes, at: lexer.start });
  }
  return found;
}
