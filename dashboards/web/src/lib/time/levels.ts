import type { OrderRow } from '../api/types';
import { millis } from './format';

/** The one urgency scale of every screen. */
export type Level = 'normal' | 'watch' | 'risk' | 'late' | 'unknown';

/** What is left of the promise (A–H), as a share of it, below which an order stands out. */
const SHARES = {
  /** Before departure: the limits from A to G leave 28–30 of 45 minutes for the road. */
  waiting: { watch: 0.75, risk: 0.6 },
  /** On the road. */
  moving: { watch: 0.35, risk: 0.15 },
} as const;

/** Share of a segment's own limit below which it is watched. */
const SEGMENT_WATCH_SHARE = 1 / 3;

export interface Countdown {
  /** Seconds left, negative when over; null when nothing can be said. */
  left: number | null;
  level: Level;
}

export const isOver = (order: OrderRow): boolean =>
  order.points.H !== null || order.state === 'finished' || order.state === 'closed';

/** Kept for later, for an appointment or for materials: no clock runs, and nobody is waited for. */
const isKept = (order: OrderRow): boolean => order.state === 'scheduled';

/** What is left of the promise now. After H it stands still. */
export function promiseLeft(order: OrderRow, nowMs: number): Countdown {
  if (isKept(order)) return { left: null, level: 'normal' };
  const due = millis(order.promise.due_at);
  if (order.promise.state === 'unknown' || due === null) return { left: null, level: 'unknown' };
  const arrived = millis(order.points.H);
  const left = (due - (arrived ?? nowMs)) / 1000;
  if (order.promise.state === 'broken' || left < 0) return { left, level: 'late' };
  if (order.promise.state === 'met' || isOver(order)) return { left, level: 'normal' };
  const limit = order.promise.limit_s;
  const shares = order.points.G === null ? SHARES.waiting : SHARES.moving;
  if (!limit) return { left, level: 'normal' };
  const share = left / limit;
  return { left, level: share < shares.risk ? 'risk' : share < shares.watch ? 'watch' : 'normal' };
}

/** What may hold a segment's clock: waiting behind another order, sent wrong, nobody at the desk, or
 * a hold that somebody approved (customer not reachable, unsafe weather). */
export const HOLDS = ['queued', 'detour', 'desk_closed', 'hold'] as const;
export type Hold = (typeof HOLDS)[number];

/** Which of them holds the running clock. */
export function holdOf({ running, holds }: Pick<OrderRow, 'running' | 'holds'>): Hold | null {
  const by = HOLDS.find((each) => each === running?.segment);
  if (by) return by;
  const approved = holds.some((each) => each.state === 'approved' && each.kind === running?.segment);
  return approved ? 'hold' : null;
}

/** What holds the running clock, and for how many seconds already (null: unknown). */
export function held(order: OrderRow, nowMs: number): { by: Hold; forS: number | null } | null {
  const by = holdOf(order);
  if (!by) return null;
  const from = millis(order.running?.from);
  return { by, forS: from === null ? null : Math.max(0, nowMs - from) / 1000 };
}

/** What is left of the segment that runs now. */
export function segmentLeft(order: OrderRow, nowMs: number): Countdown {
  const due = millis(order.running?.due_at);
  const limit = order.running?.limit_s ?? null;
  if (due === null || limit === null) {
    // Under way, and no evidence of what the time is spent on: never shown as fine.
    const still = isOver(order) || isKept(order) || held(order, nowMs) !== null;
    return { left: null, level: still ? 'normal' : 'unknown' };
  }
  const left = (due - nowMs) / 1000;
  if (left < 0) return { left, level: 'late' };
  const watch = left < limit * SEGMENT_WATCH_SHARE;
  return { left, level: watch ? 'watch' : 'normal' };
}

/** Alerts whose cause still lasts and which nobody has taken note of. */
export const openAlerts = (order: OrderRow): OrderRow['alerts'] =>
  order.alerts.filter((alert) => alert.running && !alert.acknowledged);

/**
 * The level of the whole order: its promise, raised by a segment over its limit, an alarm, or by what is
 * foreseen. What is
 * known to be wrong outweighs that the promise cannot be judged.
 */
export function orderLevel(order: OrderRow, nowMs: number): Level {
  const promise = promiseLeft(order, nowMs).level;
  if (promise === 'late' || isOver(order)) return promise;
  const segment = segmentLeft(order, nowMs).level;
  const foreseen = order.promise.forecast?.level === 'risk';
  if (foreseen || promise === 'risk' || segment === 'late' || openAlerts(order).length > 0) return 'risk';
  if (promise === 'unknown') return promise;
  return promise === 'watch' || segment === 'watch' ? 'watch' : 'normal';
}

const RANK: Record<Level, number> = { late: 0, risk: 1, unknown: 2, watch: 3, normal: 4 };

/** Most urgent first: running before arrived, then by level, then by what is due first. */
export function byUrgency(orders: readonly OrderRow[], nowMs: number): OrderRow[] {
  const keyed = orders.map((order) => ({
    order,
    over: isOver(order) ? 1 : 0,
    rank: RANK[orderLevel(order, nowMs)],
    due: millis(order.promise.due_at) ?? Number.POSITIVE_INFINITY,
  }));
  keyed.sort(
    (a, b) =>
      a.over - b.over ||
      a.rank - b.rank ||
      b.order.urgency - a.order.urgency ||
      a.due - b.due ||
      a.order.number.localeCompare(b.order.number),
  );
  return keyed.map(({ order }) => order);
}
