import type { Caller, Customer, Duplicate, OrderRow, SupplyPoint } from '../api/types';
import { language } from '../i18n/index.svelte';
import type { Fields } from '../intake/draft.svelte';
import { reasonsOf } from '../intake/near.svelte';
import { pointText } from '../intake/point';

/** Urgency that is proposed for customers of each class of importance. */
const IMPORTANT: Record<Customer['importance'], number> = {
  ordinary: 0,
  temporary: 1,
  second: 1,
  first: 2,
  special: 2,
};

export const nameOfCustomer = ({ name_zh, name_en }: Customer): string =>
  (language() === 'en' && name_en) || name_zh;

export const addressOf = ({ address_zh, address_en }: SupplyPoint): string =>
  (language() === 'en' && address_en) || address_zh;

export const urgencyOf = ({ importance }: Customer): number => IMPORTANT[importance] ?? 0;

/** What the directory lets one write down for a customer without asking. */
export function knownOf(customer: Customer): Partial<Fields> {
  const known: Partial<Fields> = {
    customerId: customer.customer_id,
    caller: nameOfCustomer(customer),
  };
  const [point] = customer.points;
  if (!point) return known;
  known.place = addressOf(point);
  known.address = point.address_en ? { zh: point.address_zh, en: point.address_en } : null;
  known.area = point.area_class;
  if (point.lat !== null && point.lon !== null) {
    const coordinates = pointText(point.lat, point.lon);
    known.coordinates = coordinates;
    known.origin = { source: 'meter', coordinates, uncertaintyM: null, premiseId: point.premise_id, node: null };
  }
  return known;
}

/** How many orders are open below the customer's transformers, and on the lines above them. */
export function outagesOf({ points }: Customer): { transformer: number; feeder: number } {
  const most = (counts: (number | undefined)[]): number => Math.max(0, ...counts.map((count) => count ?? 0));
  return {
    transformer: most(points.map(({ on_transformer }) => on_transformer?.count)),
    feeder: most(points.map(({ on_feeder }) => on_feeder?.count)),
  };
}

/** An open order that may be of the same fault: at the customer, near by, or on the same device. */
export interface Likely {
  order: OrderRow;
  at: 'customer' | 'near' | 'transformer' | 'feeder';
  /** How alike, 0 to 1, and why in words; of those that the server compared. */
  score: number;
  why: string;
}

const ORDER = { customer: 0, near: 1, transformer: 1, feeder: 2 } as const;
/** As alike as that it is the customer's own fault, as far as anyone can tell. */
export const SURE = 0.7;

/**
 * Open orders of the customer (or of the number, while the customer is not known), then of the
 * devices above. Only those that the board knows as open.
 */
export function likelySame(
  caller: Caller | null,
  customer: Customer | null,
  orders: ReadonlyMap<string, OrderRow>,
): Likely[] {
  const found = new Map<string, Likely>();
  const add = (ids: readonly string[], at: Likely['at']): void => {
    for (const id of ids) {
      const order = orders.get(id);
      const open = order && order.state !== 'closed' && order.state !== 'finished';
      if (open && !found.has(id)) found.set(id, { order, at, score: 0, why: '' });
    }
  };
  const own = [...(customer?.orders ?? []), ...(caller?.orders ?? [])];
  add(own.map(({ id }) => id), 'customer');
  for (const point of customer?.points ?? []) {
    add(point.on_transformer?.order_ids ?? [], 'transformer');
    add(point.on_feeder?.order_ids ?? [], 'feeder');
  }
  return [...found.values()].sort((a, b) => ORDER[a.at] - ORDER[b.at]);
}

/**
 * One list of both: what hangs on the caller's number and line, and what the server found alike in
 * place and time. Each order once, with its reasons.
 */
export function withNear(
  likely: readonly Likely[],
  near: readonly Duplicate[],
  orders: ReadonlyMap<string, OrderRow>,
): Likely[] {
  const found = new Map(likely.map((each) => [each.order.id, each]));
  for (const each of near) {
    const order = each.order_id === null ? undefined : orders.get(each.order_id);
    if (!order || order.state === 'closed' || order.state === 'finished') continue;
    const at = found.get(order.id)?.at ?? 'near';
    found.set(order.id, { order, at, score: each.score, why: reasonsOf(each) });
  }
  return [...found.values()].sort((a, b) => ORDER[a.at] - ORDER[b.at] || b.score - a.score);
}
