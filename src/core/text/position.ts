/**
 * A place in a file as editors show it.
 * `line` and `column` are 1-based; `column` counts Unicode code points, so an emoji is one.
 */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The place where a file starts. */
export const START: Position = { line: 1, column: 1 };

/**
 * The position reached after walking over `text` from `start`.
 * With `codePoints`, only that many code points are walked (the server counts its error positions so).
 */
export function advance(start: Position, text: string, codePoints = Number.POSITIVE_INFINITY): Position {
  let { line, column } = start;
  let walked = 0;
  for (let index = 0; index < text.length && walked < codePoints; index++, walked++) {
    const unit = text.charCodeAt(index);
    if (unit === 0x0a) {
      line++;
      column = 1;
      continue;
    }
    const pair = unit >= 0xd800 && unit <= 0xdbff && index + 1 < text.length;
    if (pair) index++;
    column++;
  }
  return { line, column };
}
