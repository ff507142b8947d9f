import type { Outline } from "./outline.ts";

/** Puts each item after those that make what it mentions. Otherwise, and in cycles, keeps the given order. */
export function inOrderOfDependence<Item>(items: readonly Item[], outlineOf: (item: Item) => Outline): Item[] {
  const makers = new Map<string, Item[]>();
  for (const item of items) {
    for (const name of outlineOf(item).made) makers.set(name, [...(makers.get(name) ?? []), item]);
  }
  const ordered: Item[] = [];
  const met = new Set<Item>();
  const visit = (item: Item) => {
    if (met.has(item)) return;
    met.add(item);
    const before = new Set([...outlineOf(item).mentioned].flatMap((name) => makers.get(name) ?? []));
    for (const other of items) if (before.has(other)) visit(other);
    ordered.push(item);
  };
  for (const item of items) visit(item);
  return ordered;
}
