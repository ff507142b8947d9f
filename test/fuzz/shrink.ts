/** What parts are left out in turn: statements, then words, then characters. */
const UNITS: readonly ((text: string) => string[])[] = [
  (text) => text.split(/(?<=;)/),
  (text) => text.split(/(?<=\s)|\b/),
  (text) => [...text],
];

/** The shortest text that it finds by leaving out parts, for which `fails` still holds. */
export function shrink(text: string, fails: (shorter: string) => boolean): string {
  let shortest = text;
  for (const unitsOf of UNITS) shortest = withoutUnits(unitsOf(shortest), fails);
  return shortest.length < text.length ? shrink(shortest, fails) : shortest;
}

function withoutUnits(begun: readonly string[], fails: (shorter: string) => boolean): string {
  let units = begun;
  for (let size = Math.ceil(units.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < units.length; ) {
      const shorter = [...units.slice(0, at), ...units.slice(at + size)];
      if (fails(shorter.join(""))) units = shorter;
      else at += size;
    }
  }
  return units.join("");
}
