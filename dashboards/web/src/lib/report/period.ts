import { midnight as startOfDay } from '../time/zone';

/** What a report looks at. */
export const PERIODS = ['hour', 'today', 'day', 'week', 'custom'] as const;
export type Period = (typeof PERIODS)[number];

export interface Span {
  from: number;
  to: number;
}

const HOUR_MS = 3_600_000;

/** From when to when (ms), seen at `nowMs`; `custom` is the person's own. Today is the installation's. */
export function spanOf(period: Period, nowMs: number, custom: Span): Span {
  if (period === 'custom') return custom;
  if (period === 'today') {
    const midnight = startOfDay(nowMs);
    // In the first minute of a day there would be nothing to ask for.
    return { from: Math.min(midnight, nowMs - 60_000), to: nowMs };
  }
  const hours = { hour: 1, day: 24, week: 7 * 24 }[period];
  return { from: nowMs - hours * HOUR_MS, to: nowMs };
}
