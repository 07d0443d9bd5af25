import type { Schemas } from '../../lib/api/types';

export type Line = Schemas['CalibrationLine'];

export interface Bar {
  /** Places in percent of the axis. */
  at: number;
  width: number;
  /** Share of the highest bar, 0 … 1. */
  height: number;
  from: number;
  /** Null: open-ended. */
  to: number | null;
  count: number;
  /** Over today's limit, over the proposed one. */
  late: boolean;
  lateThen: boolean;
}

export interface Spread {
  bars: Bar[];
  /** Ticks of the axis in seconds. */
  ticks: { at: number; seconds: number }[];
  today: number | null;
  proposed: number | null;
  typical: number | null;
  low: number | null;
  high: number | null;
}

const MOST_TICKS = 7;

/** A line's durations drawn to scale: bars, both limits, the typical time and its interval. */
export function spreadOf(line: Line): Spread {
  const step = line.edges[1] ?? 1;
  const whole = step * line.bins.length;
  const place = (seconds: number | null): number | null =>
    seconds === null ? null : Math.min(100, (seconds / whole) * 100);
  const highest = Math.max(...line.bins, 1);
  const over = (from: number, limit: number | null): boolean => limit !== null && from >= limit;
  const every = Math.ceil(line.edges.length / MOST_TICKS);
  return {
    bars: line.bins.map((count, index) => {
      const from = line.edges[index] ?? 0;
      return {
        at: (index / line.bins.length) * 100,
        width: 100 / line.bins.length,
        height: count / highest,
        from,
        to: line.edges[index + 1] ?? null,
        count,
        late: over(from, line.today_s),
        lateThen: over(from, line.proposed_s),
      };
    }),
    ticks: line.edges.flatMap((seconds, index) =>
      index % every === 0 && index < line.bins.length * 0.9 ? [{ at: (index / line.bins.length) * 100, seconds }] : [],
    ),
    today: place(line.today_s),
    proposed: place(line.proposed_s),
    typical: place(line.typical_s),
    low: place(line.low_s),
    high: place(line.high_s),
  };
}

/** What was left out, the most first. */
export function leftOut(line: Line): { reason: keyof Line['left_out']; count: number }[] {
  return Object.entries(line.left_out)
    .map(([reason, count]) => ({ reason: reason as keyof Line['left_out'], count }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
}

export const leftOutSum = (line: Line): number =>
  Object.values(line.left_out).reduce((sum, count) => sum + count, 0);

/** Codes whose limits the document may change, in the order of the policy. */
export const changeable = (lines: readonly Line[]): string[] => [
  ...new Set(lines.filter(({ hindrance }) => hindrance === null).map(({ code }) => code)),
];
