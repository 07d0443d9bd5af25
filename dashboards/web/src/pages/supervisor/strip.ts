import type { Schemas } from '../../lib/api/types';

type Line = Schemas['DistributionLine'];
type Scale = Schemas['ScaleRow'];

/** Where the (longest) limit lies on every strip, so that lines can be compared, in percent. */
export const LIMIT_AT = 60;

export interface Strip {
  /** Places in percent. */
  p10: number;
  p25: number;
  median: number;
  p75: number;
  p90: number;
  p95: number;
  limits: number[];
  /** p90 or p95 lie beyond the right end. */
  beyond: boolean;
}

/** A line's quantiles on one scale: the limit at LIMIT_AT; without one, p95 there. */
export function stripOf(line: Line, scale: Scale): Strip | null {
  const { p10_s, p25_s, median_s, p75_s, p90_s, p95_s } = line;
  if (p10_s === null || p25_s === null || median_s === null) return null;
  if (p75_s === null || p90_s === null || p95_s === null) return null;
  const whole = scale.limits.at(-1) ?? Math.max(p95_s, 1);
  const at = (seconds: number): number => Math.min(100, (seconds / whole) * LIMIT_AT);
  return {
    p10: at(p10_s),
    p25: at(p25_s),
    median: at(median_s),
    p75: at(p75_s),
    p90: at(p90_s),
    p95: at(p95_s),
    limits: scale.limits.map(at),
    beyond: (p95_s / whole) * LIMIT_AT > 100,
  };
}
