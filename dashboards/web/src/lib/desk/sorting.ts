import type { OrderRow } from '../api/types';
import { byUrgency } from '../time/levels';

/**
 * The order of the rows on the screen. While held, nothing moves: an order that left keeps its
 * place (shown as gone), a new one is put at the end.
 */
export function arrange(
  shown: readonly string[],
  orders: ReadonlyMap<string, OrderRow>,
  nowMs: number,
  held: boolean,
  first: (order: OrderRow) => boolean = () => false,
): string[] {
  const ranked = byUrgency([...orders.values()], nowMs);
  const sorted = [...ranked.filter(first), ...ranked.filter((order) => !first(order))].map(
    (order) => order.id,
  );
  if (!held) return sorted;
  const known = new Set(shown);
  return [...shown, ...sorted.filter((id) => !known.has(id))];
}

export const sameOrder = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((id, index) => id === b[index]);

/** Does the row contain every word of the query? Case and width do not matter. */
export function matches(texts: readonly (string | null | undefined)[], query: string): boolean {
  const hay = texts.join(' ').normalize('NFKC').toLowerCase();
  const words = query.normalize('NFKC').toLowerCase().split(/\s+/).filter(Boolean);
  return words.every((each) => hay.includes(each));
}

/** Great-circle distance in kilometres between two WGS-84 points in degrees. */
export function distanceKm(a: [number, number], b: [number, number]): number {
  const rad = Math.PI / 180;
  const dLat = (b[0] - a[0]) * rad;
  const dLon = (b[1] - a[1]) * rad;
  const h =
    Math.sin(dLat / 2) ** 2 +
    Math.cos(a[0] * rad) * Math.cos(b[0] * rad) * Math.sin(dLon / 2) ** 2;
  return 2 * 6371.0088 * Math.asin(Math.min(1, Math.sqrt(h)));
}
