/* What others may have written into any text that pgstep is told. */

export const SECRET = "hunter2Secret";

/** Every form in which a password is written in SQL and around it. Each on one line, with the words "around" and "behind" before and after what is secret. */
export const SECRETS: readonly string[] = [
  `ALTER ROLE around PASSWORD '${SECRET}' VALID UNTIL 'behind'`,
  `CREATE ROLE around ENCRYPTED PASSWORD'${SECRET}' LOGIN behind`,
  `ALTER ROLE around PASSWORD E'\\'${SECRET}' behind`,
  `ALTER ROLE around PASSWORD U&'${SECRET}!0041' UESCAPE '!' behind`,
  `ALTER ROLE around PASSWORD $$${SECRET}$$ behind`,
  `ALTER ROLE around PASSWORD $secret$${SECRET}$secret$ behind`,
  `ALTER ROLE around PASSWORD /* it's 'a' comment */ '${SECRET}' behind`,
  `ALTER ROLE around PASSWORD 'first' || '${SECRET}' behind`,
  `ALTER ROLE around PASSWORD '''${SECRET}''' behind`,
  `ALTER ROLE around PASSWORD ${SECRET} behind`,
  `ALTER ROLE around PASSWORD "${SECRET}" behind`,
  `CREATE USER MAPPING FOR around SERVER s OPTIONS (user 'u', "password" '${SECRET}', sslmode 'behind')`,
  `CREATE SERVER around OPTIONS (sslpassword '${SECRET}', host 'behind')`,
  `SELECT dblink_connect('host=around password=${SECRET} user=behind')`,
  `SELECT dblink_connect('host=around password = ${SECRET} user=behind')`,
  `CREATE SUBSCRIPTION around CONNECTION 'host=h password=''${SECRET} y'' user=behind'`,
  `DO $$ BEGIN /* around */ EXECUTE 'ALTER ROLE x PASSWORD ''${SECRET}'''; END $$; -- behind`,
  `EXECUTE 'EXECUTE ''ALTER ROLE around PASSWORD ''''${SECRET}'''' '' -- behind'`,
  `EXECUTE format('ALTER ROLE %I PASSWORD %L', 'around', '${SECRET}'); -- behind`,
  `EXECUTE 'ALTER ROLE around PASSWORD ' || quote_literal('${SECRET}') || ' behind'`,
  `SELECT set_config('around.password', '${SECRET}', false) AS behind`,
  `ALTER DATABASE around SET "app.password" TO '${SECRET}' /* behind */`,
  `SET around.password = ${SECRET}; SELECT behind`,
  `UPDATE around SET password = crypt('${SECRET}', salt) WHERE behind`,
  `INSERT INTO around VALUES ('{"password": "${SECRET}", "behind": 1}')`,
  `see postgres://around:${SECRET}@host/behind now`,
  `see postgres://around:${SECRET}/with@every?sign@host/behind now`,
  `see postgres://around/app?password=${SECRET}&sslmode=behind now`,
  `\\set around_password ${SECRET} \\set behind 1`,
  `PGPASSWORD=${SECRET} psql around behind`,
  `mysqldump around --password ${SECRET} behind`,
];

/** Each with how a text shows it, where it is spelled out. */
export const UNSAFE_TEXTS: Readonly<Record<string, readonly [unsafe: string, shown: string]>> = {
  "a bell": ["\x07", "\\x07"],
  "a null": ["\0", "\\x00"],
  "a backspace": ["\b", "\\x08"],
  "a carriage return": ["\r", "\\x0d"],
  "a form feed": ["\f", "\\x0c"],
  "an escape sequence": ["\x1b[2J", "\\x1b[2J"],
  "a title of the terminal": ["\x1b]0;x\x07", "\\x1b]0;x\\x07"],
  "a link of the terminal": ["\x1b]8;;http://x\x1b\\", "\\x1b]8;;http://x\\x1b\\"],
  delete: ["\x7f", "\\x7f"],
  "a CSI of C1": ["\x9b31m", "\\x9b31m"],
  "a next line of C1": ["\x85", "\\x85"],
  "an OSC of C1": ["\x9d0;x\x9c", "\\x9d0;x\\x9c"],
  "an Arabic letter mark": ["\u061c", "\\u061c"],
  "a left-to-right mark": ["\u200e", "\\u200e"],
  "a right-to-left override": ["\u202e", "\\u202e"],
  "a right-to-left isolate": ["\u2067", "\\u2067"],
  "a line separator": ["\u2028", "\\u2028"],
  "a paragraph separator": ["\u2029", "\\u2029"],
  "a zero width space": ["\u200b", "\\u200b"],
  "a byte order mark": ["\ufeff", "\\ufeff"],
  "an annotation anchor": ["\ufff9", "\\ufff9"],
  "no character": ["\uffff", "\\uffff"],
  "a tag": ["\u{e0041}", "\\u{e0041}"],
};

/** One of them. */
export const UNSAFE =
  /[^\P{Cc}\n]|[\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}]/u;
