import type { Span } from "./quoted-value.ts";
import { mayHaveSecrets, secretSpans } from "./secret-spans.ts";

const MASK = "***";

/** Masks each secret in the text with `***`. */
export function masked(text: string): string {
  return mayHaveSecrets(text) ? replaced(text, secretSpans(text), () => MASK) : text;
}

/** Masks a text that was cut off: a secret may extend past its end. */
export function maskedBeginning(text: string): string {
  return mayHaveSecrets(text) ? replaced(text, secretSpans(text, true), () => MASK) : text;
}

/**
 * Masks each character of a secret in the line with a `*`, so that columns stay.
 * @param before the statement's text before the line, which may open a string that continues in the line
 */
export function maskedLine(line: string, before = ""): string {
  const text = before + line;
  if (!mayHaveSecrets(text)) return line;
  const at = before.length;
  const spans = secretSpans(text)
    .filter(({ end }) => end > at)
    .map(({ start, end }) => ({ start: Math.max(0, start - at), end: end - at }));
  return replaced(line, spans, (secret) => [...secret].map((character) => (character === "\n" ? "\n" : "*")).join(""));
}

/** The secrets in a text. */
export function secretsOf(text: string): string[] {
  return mayHaveSecrets(text) ? secretSpans(text).map(({ start, end }) => text.slice(start, end)) : [];
}

function replaced(text: string, spans: readonly Span[], mask: (secret: string) => string): string {
  const parts: string[] = [];
  let end = 0;
  for (const span of spans) {
    parts.push(text.slice(end, span.start), mask(text.slice(span.start, span.end)));
    end = span.end;
  }
  parts.push(text.slice(end));
  return parts.join("");
}
