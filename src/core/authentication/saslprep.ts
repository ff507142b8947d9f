/**
 * Prepares a password for SCRAM (RFC 4013, SASLprep): maps all spaces to U+0020, removes invisible characters, applies
 * NFKC. Like PostgreSQL, keeps a password unchanged that SASLprep rejects.
 */
export function saslprep(password: string): string {
  if (/^[ -~]*$/.test(password)) return password;
  if (UNASSIGNED.test(password)) return password;
  const prepared = password.replace(SPACES, " ").replace(INVISIBLE, "").normalize("NFKC");
  return prepared === "" || PROHIBITED.test(prepared) || mixesDirections(prepared) ? password : prepared;
}

/** RFC 3454, C.1.2. */
const SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu;
/** RFC 3454, B.1, without U+200B, which is also in C.1.2. */
const INVISIBLE = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/gu;
/** RFC 3454, C.2.1 to C.9: control characters, private use, non-characters, surrogates, marks that change display. */
const PROHIBITED =
  /[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\u06dd\u070f\u180e\u200c-\u200f\u2028-\u202e\u2060-\u2063\u206a-\u206f\ufeff\ufff9-\ufffd\u2ff0-\u2ffb\u{e0001}\u{e0020}-\u{e007f}]|\u0340|\u0341|[\u{1d173}-\u{1d17a}]/u;

/** Code points above the first plane that Unicode 3.2 does not assign, mostly emoji (RFC 3454, A.1). */
const UNASSIGNED =
  /[\u{10000}-\u{102ff}\u{1034b}-\u{1cfff}\u{1d1de}-\u{1d3ff}\u{1d800}-\u{1ffff}\u{2a6d7}-\u{2f7ff}\u{2fa1e}-\u{e0000}]/u;

/** RFC 3454, section 6: right-to-left text has no left-to-right letter; both ends are right-to-left letters. */
function mixesDirections(text: string): boolean {
  if (!RIGHT_TO_LEFT.test(text)) return false;
  const characters = Array.from(text);
  const edges = [characters[0] ?? "", characters.at(-1) ?? ""];
  return LEFT_TO_RIGHT.test(text) || edges.some((character) => !RIGHT_TO_LEFT.test(character));
}

const RIGHT_TO_LEFT =
  /[\u05be\u05c0\u05c3\u05d0-\u05f4\u061b\u061f\u0621-\u064a\u066d-\u066f\u0671-\u06d5\u06e5\u06e6\u06fa-\u070d\u0710\u0712-\u072c\u0780-\u07a5\u07b1\u200f\ufb1d\ufb1f-\ufdfc\ufe70-\ufefc]/u;
const LEFT_TO_RIGHT = /(?![\u0590-\u08ff])\p{L}/u;
