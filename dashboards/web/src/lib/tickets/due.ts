import { millis } from '../time/format';
import type { Countdown } from '../time/levels';
import type { TicketRow } from './types';

/** States in which the customer still waits for an answer. */
const WAITS: readonly string[] = ['open', 'transferred', 'returned'];
/** Shares of the time to answer that are left, below which a ticket stands out. */
const WATCH = 0.5;
const RISK = 0.15;

/** What is left until the answer is due, if anybody can say; null: nobody waits, or its order has the clock. */
export function answerLeft(
  { state, due_at, due_unknown, filed_at }: Pick<TicketRow, 'state' | 'due_at' | 'due_unknown' | 'filed_at'>,
  nowMs: number,
): Countdown | null {
  const due = millis(due_at);
  if (!WAITS.includes(state)) return null;
  if (due === null) return due_unknown ? { left: null, level: 'unknown' } : null;
  const left = (due - nowMs) / 1000;
  if (left < 0) return { left, level: 'late' };
  const whole = (due - (millis(filed_at) ?? due)) / 1000;
  const share = whole > 0 ? left / whole : 1;
  return { left, level: share < RISK ? 'risk' : share < WATCH ? 'watch' : 'normal' };
}
