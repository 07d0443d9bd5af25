import type { OrderRow } from '../api/types';
import { millis } from '../time/format';
import type { TicketRow } from './types';

/**
 * Open orders that a ticket may be merged into: those that are `alike` first, the most alike on top,
 * then by how long apart they were filed.
 */
export function mergeable(
  orders: readonly OrderRow[],
  alike: ReadonlyMap<string | null, { score: number }>,
  ticket: Pick<TicketRow, 'filed_at' | 'order_id'>,
): OrderRow[] {
  const filed = millis(ticket.filed_at) ?? 0;
  const score = ({ id }: OrderRow): number => alike.get(id)?.score ?? 0;
  const apart = ({ filed_at }: OrderRow): number => Math.abs((millis(filed_at) ?? 0) - filed);
  return orders
    .filter(({ id, state }) => id !== ticket.order_id && state !== 'closed' && state !== 'finished')
    .sort((a, b) => score(b) - score(a) || apart(a) - apart(b) || a.number.localeCompare(b.number));
}
