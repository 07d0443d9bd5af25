import { POINTS, type OrderRow, type Point } from '../api/types';
import { millis } from '../time/format';
import { holdOf, type Hold } from '../time/levels';

/** One stretch of an order's time, and who answers for it by the policy. */
export interface Cause {
  kind: 'segment' | Hold;
  /** The segment, or the kind. */
  code: string;
  party: string;
  /** The party's centre or crew, where it is one. */
  unitId: string | null;
  spentS: number;
  limitS: number | null;
  /** Beyond the limit; for an interval that holds the clock, all of it. Not above 0: within. */
  overS: number;
  /** It goes on. */
  running: boolean;
  /** The overrun lies within the stamps' uncertainty. */
  doubtful: boolean;
}

export interface Why {
  /** What took the most time beyond its limit. */
  main: Cause | null;
  /** The rest that was too long, the longest overrun first. */
  others: readonly Cause[];
  /** Too long in an attempt that was given up; the detour holds that time already. */
  earlier: readonly Cause[];
  /** What runs now and is within its limit. */
  running: Cause | null;
  /** Points without evidence though a later one has it, and A. Nobody is judged by them. */
  missing: readonly Point[];
}

type Row = Pick<OrderRow, 'lost' | 'running' | 'points' | 'holds'>;

function runningOf({ running, holds }: Row, nowMs: number): Cause | null {
  const from = millis(running?.from);
  if (!running || from === null) return null;
  const wall = Math.max(0, nowMs - from) / 1000;
  const about = { party: running.responsible, unitId: running.unit_id, running: true, doubtful: false };
  const kind = holdOf({ running, holds });
  if (kind) {
    return { kind, code: running.segment, ...about, spentS: wall, limitS: null, overS: wall };
  }
  const due = millis(running.due_at);
  const limitS = running.limit_s;
  // The deadline moves with every held stretch: from it, not from the start, follows what was spent.
  const overS = due === null ? Number.NEGATIVE_INFINITY : (nowMs - due) / 1000;
  const spentS = limitS === null || due === null ? wall : limitS + overS;
  return { kind: 'segment', code: running.segment, ...about, spentS, limitS, overS };
}

/** Points that have no stamp though one behind them has; A always has to be there. */
function missingOf({ points }: Row): Point[] {
  const last = POINTS.findLastIndex((point) => points[point] !== null);
  return POINTS.filter((point, index) => points[point] === null && index < Math.max(last, 1));
}

/** Stretches that held the clock for the same reason, one after the other, are one cause. */
function joined(causes: readonly Cause[]): Cause[] {
  const found: Cause[] = [];
  for (const cause of causes) {
    const same = found.findIndex(
      (one) =>
        one.kind !== 'segment' &&
        one.kind === cause.kind &&
        one.party === cause.party &&
        one.unitId === cause.unitId,
    );
    const before = found[same];
    if (!before) found.push(cause);
    else {
      found[same] = {
        ...before,
        spentS: before.spentS + cause.spentS,
        overS: before.overS + cause.overS,
        running: before.running || cause.running,
      };
    }
  }
  return found;
}

const byOverrun = (a: Cause, b: Cause): number => b.overS - a.overS;

/** Why an order is late or at risk, from its row alone: what was too long, and who answers for it. */
export function whyOf(row: Row, nowMs: number): Why {
  const running = runningOf(row, nowMs);
  const over = { now: [] as Cause[], earlier: [] as Cause[] };
  for (const lost of row.lost) {
    over[lost.earlier ? 'earlier' : 'now'].push({
      kind: lost.kind,
      code: lost.code,
      party: lost.responsible,
      unitId: lost.unit_id,
      spentS: lost.spent_s,
      limitS: lost.limit_s,
      overS: lost.over_s,
      running: false,
      doubtful: lost.doubtful,
    });
  }
  if (running && running.overS > 0) over.now.push(running);
  const [main = null, ...others] = joined(over.now).sort(byOverrun);
  return {
    main,
    others,
    earlier: over.earlier.sort(byOverrun),
    running: running && running.overS <= 0 ? running : null,
    missing: missingOf(row),
  };
}

/**
 * Who stands for a cause: its unit, or the party where that is one for everybody. A queue names the
 * crew that it waits for, but the crew does not answer for it: capacity does.
 */
export const answers = (cause: Cause): string =>
  cause.kind === 'queued' ? cause.party : (cause.unitId ?? cause.party);
