import { millis } from '../time/format';
import type { Countdown } from '../time/levels';
import type { FollowUp } from '../tickets/types';

/** Hours before a follow-up is due from which it stands out. */
const WATCH_H = 6;
const RISK_H = 2;
const HOUR_MS = 3_600_000;

/** Tries that a customer is given; the server has the last word. */
const TRIES = 3;

export const triesLeft = ({ tries }: Pick<FollowUp, 'tries'>): number => Math.max(0, TRIES - tries.length);

/** Still to be called. */
export const isLive = ({ state }: Pick<FollowUp, 'state'>): boolean => state === 'open' || state === 'claimed';

/** What is left until the customer must have been called. */
export function dueLeft({ due_at }: Pick<FollowUp, 'due_at'>, nowMs: number): Countdown {
  const due = millis(due_at);
  if (due === null) return { left: null, level: 'unknown' };
  const left = (due - nowMs) / 1000;
  if (left < 0) return { left, level: 'late' };
  const hours = (due - nowMs) / HOUR_MS;
  return { left, level: hours < RISK_H ? 'risk' : hours < WATCH_H ? 'watch' : 'normal' };
}

/** Milliseconds until another try is allowed; 0: now. */
export const waitOf = ({ next_at }: Pick<FollowUp, 'next_at'>, nowMs: number): number =>
  Math.max(0, (millis(next_at) ?? nowMs) - nowMs);

/** Whom one may call now stands first, by due time; then who may be tried again, by when. */
export function queued<T extends Pick<FollowUp, 'due_at' | 'next_at' | 'id'>>(
  rows: readonly T[],
  nowMs: number,
): T[] {
  const waits = (row: T): boolean => waitOf(row, nowMs) > 0;
  const key = (row: T): string => (waits(row) ? (row.next_at ?? '') : row.due_at);
  return [...rows].sort(
    (a, b) =>
      Number(waits(a)) - Number(waits(b)) ||
      key(a).localeCompare(key(b)) ||
      a.id.localeCompare(b.id),
  );
}
