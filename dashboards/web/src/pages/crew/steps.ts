import type { OrderDetail, OrderRow } from '../../lib/api/types';

/** What the crew does next with an order; the server's own names of the acts. */
export type Step = 'accept' | 'activate' | 'depart' | 'arrive' | 'restore' | 'finish';

const ACTIVE: ReadonlySet<string> = new Set(['active', 'departed', 'arrived']);
const WAITING: ReadonlySet<string> = new Set(['sent', 'accepted']);

const stateOf = (order: OrderRow): string => order.assignment?.state ?? '';

/**
 * The one order that is shown in full, and the queue behind it. With none active it is the first
 * that waits: those not yet accepted before the accepted, each in the order they were sent.
 */
export function arrange(orders: Iterable<OrderRow>): { shown: OrderRow | null; queue: OrderRow[] } {
  const all = [...orders];
  const queue = all
    .filter((order) => WAITING.has(stateOf(order)))
    .sort(
      (a, b) =>
        stateOf(b).localeCompare(stateOf(a)) ||
        (a.assignment?.sent_at ?? '').localeCompare(b.assignment?.sent_at ?? ''),
    );
  const active = all.find((order) => ACTIVE.has(stateOf(order)));
  return { shown: active ?? queue.shift() ?? null, queue };
}

/** The next step; null where another order has to be finished first. */
export function nextStep(order: OrderRow, busy: boolean, restored: boolean): Step | null {
  switch (stateOf(order)) {
    case 'sent':
      return 'accept';
    case 'accepted':
      return busy ? null : 'activate';
    case 'active':
      return 'depart';
    case 'departed':
      return 'arrive';
    case 'arrived':
      return restored ? 'finish' : 'restore';
    default:
      return null;
  }
}

export const isActive = (order: OrderRow): boolean => ACTIVE.has(stateOf(order));

/** Has this sending of the order brought the supply back? */
export const isRestored = (detail: OrderDetail | null): boolean =>
  detail !== null &&
  detail.stamps.some(
    ({ point, assignment_id: id }) =>
      point === 'restored' && (id === null || id === detail.order.assignment?.id),
  );
