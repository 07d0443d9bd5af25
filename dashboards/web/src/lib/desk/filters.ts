import type { OrderRow } from '../api/types';
import { isOver, orderLevel, type Level } from '../time/levels';

/** How far an order has come, as one looks for it: seven steps of its way, and kept for later. */
export const STAGES = ['hotline', 'centre', 'sent', 'preparing', 'moving', 'there', 'done', 'later'] as const;
export type Stage = (typeof STAGES)[number];

export const LEVELS: readonly Level[] = ['late', 'risk', 'unknown', 'watch', 'normal'];

/** What of the list is wanted; an empty part wants everything. */
export interface Filter {
  levels: readonly Level[];
  stage: Stage | '';
  centre: string;
  trade: string;
  /** Only what waits for this desk to act. */
  mine: boolean;
}

export const EVERYTHING: Filter = { levels: [], stage: '', centre: '', trade: '', mine: false };

export function stageOf(order: OrderRow): Stage {
  if (isOver(order)) return order.points.H !== null && order.state === 'assigned' ? 'there' : 'done';
  if (order.state === 'scheduled') return 'later';
  if (order.state === 'filed' || order.state === 'returned') return 'hotline';
  if (order.state !== 'assigned') return 'centre';
  const state = order.assignment?.state;
  if (state === 'sent') return 'sent';
  return state === 'departed' ? 'moving' : 'preparing';
}

/** Who acts on what: the hotline on what is filed or returned, a centre on what it holds. */
export const waitsFor = (order: OrderRow, kind: 'hotline' | 'centre' | null): boolean =>
  kind !== null && order.holder.code === kind && !isOver(order);

export function passes(order: OrderRow, filter: Filter, desk: 'hotline' | 'centre' | null, nowMs: () => number): boolean {
  return (
    (!filter.mine || waitsFor(order, desk)) &&
    (!filter.stage || stageOf(order) === filter.stage) &&
    (!filter.centre || order.centre_id === filter.centre) &&
    (!filter.trade || order.trade === filter.trade) &&
    // Last: it alone depends on the time, and wakes the list each second.
    (filter.levels.length === 0 || filter.levels.includes(orderLevel(order, nowMs())))
  );
}

export const isActive = (filter: Filter): boolean =>
  filter.levels.length > 0 || filter.mine || [filter.stage, filter.centre, filter.trade].some(Boolean);

/** The filter as the address remembers it; nothing where nothing is filtered. */
export function toSearch(filter: Filter): string {
  const found = new URLSearchParams();
  if (filter.levels.length > 0) found.set('level', filter.levels.join('.'));
  for (const part of ['stage', 'centre', 'trade'] as const) if (filter[part]) found.set(part, filter[part]);
  if (filter.mine) found.set('mine', '1');
  const text = found.toString();
  return text ? `?${text}` : '';
}

/** What an address asks for; words that nobody knows are left out. */
export function fromSearch(search: string): Filter {
  const asked = new URLSearchParams(search);
  const levels = (asked.get('level') ?? '').split('.');
  const stage = asked.get('stage') ?? '';
  return {
    levels: LEVELS.filter((level) => levels.includes(level)),
    stage: STAGES.find((each) => each === stage) ?? '',
    centre: asked.get('centre') ?? '',
    trade: asked.get('trade') ?? '',
    mine: asked.get('mine') === '1',
  };
}
