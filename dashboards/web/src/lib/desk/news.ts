import type { OrderRow } from '../api/types';

/** What somebody who watches an order would notice about it, in one text. */
export const outline = (order: OrderRow): string =>
  [
    order.state,
    order.assignment?.state,
    order.holder.unit_id,
    order.hop?.received_at ? 'c' : '',
    order.assignment?.received_at ? 'e' : '',
    order.recall_unconfirmed,
    order.chase_ups,
    order.alerts.filter((alert) => alert.running).map(({ code }) => code).join(),
  ].join(' ');

export type News = 'new' | 'changed' | null;

/** What happened to an order since it was last looked at. */
export function newsOf(order: OrderRow, seen: ReadonlyMap<string, string>): News {
  const before = seen.get(order.id);
  if (before === undefined) return 'new';
  return before === outline(order) ? null : 'changed';
}
