import { POINTS, type OrderRow, type Segment } from '../api/types';
import { millis } from '../time/format';
import { held, type Hold } from '../time/levels';

export type PieceState = 'done' | 'over' | 'running' | 'held' | 'unknown' | 'anomaly';

/** One segment on the strip. Places are percent of its length. */
export interface Piece {
  code: string;
  fromPoint: string;
  toPoint: string;
  left: number;
  width: number;
  state: PieceState;
  /** Share of the piece's width that lies beyond its limit, 0..1. */
  overShare: number;
  /** Where the limit falls; null when there is none, or it lies outside or ahead of an ended one. */
  limit: number | null;
  spentS: number;
  limitS: number | null;
  responsible: Segment['responsible'] | null;
  /** What holds its clock. */
  hold: Hold | null;
}

export interface Strip {
  pieces: Piece[];
  /** Points, those too near to tell apart in one label; `at` is its middle. */
  points: { label: string; at: number; ms: number }[];
  due: number | null;
  /** On which side of the due line its word covers no letter; null: on neither. */
  dueWord: 'behind' | 'before' | null;
  /** Where the scale changes: before it what has been, behind it what is to come. */
  seam: number | null;
}

interface Span {
  code: string;
  fromPoint: string;
  toPoint: string;
  start: number;
  end: number;
  state: PieceState;
  limitS: number | null;
  responsible: Segment['responsible'] | null;
  hold: Hold | null;
}

/** Room behind the last thing on the strip, in percent. */
const MARGIN = 3;
/** What has been gets at least this much of the strip, in percent, however young the order. */
const PAST = 62;

function known(order: OrderRow): { point: string; ms: number }[] {
  return POINTS.flatMap((point) => {
    const ms = millis(order.points[point]);
    return ms === null ? [] : [{ point, ms }];
  });
}

/** Neighbouring known points; with one missing between them nothing can be judged. */
function spans(order: OrderRow, segments: readonly Segment[], nowMs: number): Span[] {
  const points = known(order);
  const judged = new Map(segments.map((segment) => [segment.code as string, segment]));
  const found = points.slice(1).map((to, index): Span => {
    const from = points[index] as { point: string; ms: number };
    const code = from.point + to.point;
    const segment = judged.get(code);
    const neighbours = POINTS.join('').includes(code);
    const state =
      to.ms < from.ms
        ? 'anomaly'
        : !neighbours || segment?.state === 'unknown'
          ? 'unknown'
          : segment?.within === false
            ? 'over'
            : 'done';
    return {
      code,
      fromPoint: from.point,
      toPoint: to.point,
      start: from.ms,
      end: to.ms,
      state,
      limitS: segment?.limit_s ?? null,
      responsible: segment?.responsible ?? null,
      hold: null,
    };
  });
  const from = millis(order.running?.from);
  const hold = held(order, nowMs)?.by ?? null;
  if (order.running && from !== null && hold) {
    const last = points.at(-1)?.point ?? '';
    found.push({
      code: hold,
      fromPoint: last,
      toPoint: last,
      start: from,
      end: Math.max(nowMs, from),
      state: 'held',
      limitS: null,
      responsible: null,
      hold,
    });
  } else if (order.running && from !== null) {
    const code = order.running.segment;
    found.push({
      code,
      fromPoint: code.charAt(0),
      toPoint: code.charAt(1),
      start: from,
      end: Math.max(nowMs, from),
      state: 'running',
      limitS: order.running.limit_s,
      responsible: judged.get(code)?.responsible ?? null,
      hold: null,
    });
  }
  return found;
}

/** Seconds a segment has spent by now; while its clock is held they stand still. */
export function spentNow(segment: Segment, isHeld: boolean, nowMs: number): number | null {
  const start = millis(segment.start);
  if (segment.state !== 'running' || isHeld || start === null) return segment.spent_s;
  return (nowMs - start) / 1000 - segment.excluded_s;
}

/** What a letter, and the word of the due line, take of the line at its shortest, in percent. */
const LETTER = 2;
const WORD = 5;

interface Label {
  label: string;
  first: number;
  last: number;
  ms: number;
}

/** Where a label's middle stands: over its points, but never beyond an end of the line. */
function middle({ label, first, last }: Label): number {
  const half = (LETTER * label.length) / 2;
  return Math.min(100 - half, Math.max(half, (first + last) / 2));
}

const touch = (one: Label, next: Label): boolean =>
  middle(next) - middle(one) < (LETTER * (one.label.length + next.label.length)) / 2;

/** Labels that would touch become one, and that one again with the one before it. */
function grouped(points: Strip['points']): Strip['points'] {
  const groups: Label[] = [];
  for (const { label, at, ms } of points.toSorted((one, next) => one.at - next.at)) {
    let group: Label = { label, first: at, last: at, ms };
    for (let before = groups.at(-1); before && touch(before, group); before = groups.at(-1)) {
      groups.pop();
      group = { ...before, label: before.label + group.label, last: group.last };
    }
    groups.push(group);
  }
  return groups.map((group) => ({ label: group.label, at: middle(group), ms: group.ms }));
}

/** Where the word of a due line stands free of all letters: behind it as a rule. */
function freeSide(due: number, points: Strip['points']): Strip['dueWord'] {
  const free = (from: number): boolean =>
    points.every(({ label, at }) => {
      const half = (LETTER * label.length) / 2;
      return at + half <= from || at - half >= from + WORD;
    });
  if (free(due)) return 'behind';
  return due >= WORD && free(due - WORD) ? 'before' : null;
}

/** Lay an order's points and segments out on one line from its first point to now or its promise. */
export function layOut(order: OrderRow, segments: readonly Segment[], nowMs: number): Strip | null {
  const points = known(order);
  const begin = points[0]?.ms;
  if (begin === undefined) return null;
  const bars = spans(order, segments, nowMs);
  const due = millis(order.promise.due_at);
  const ends = [...points.map(({ ms }) => ms), ...bars.map((bar) => bar.end)];
  const first = Math.min(begin, ...ends);
  const past = Math.max(...ends, first + 1000);
  const last = Math.max(past, due ?? past);
  const straight = ((past - first) / (last - first)) * (100 - MARGIN);
  const seam = last > past ? Math.max(PAST, straight) : 100 - MARGIN;
  const percent = (ms: number): number =>
    ms <= past || last === past
      ? ((ms - first) / (past - first)) * seam
      : seam + ((ms - past) / (last - past)) * (100 - MARGIN - seam);
  const pieces = bars.map((bar): Piece => {
    const spentMs = bar.end - bar.start;
    const limitMs = bar.limitS === null ? null : bar.start + bar.limitS * 1000;
    const beyond = limitMs === null ? 0 : Math.max(0, bar.end - limitMs);
    // A limit that an ended segment never came near says nothing about what is still to come.
    const ahead = bar.state !== 'running' && limitMs !== null && limitMs > past;
    const shown = limitMs !== null && !ahead && percent(limitMs) <= 100;
    return {
      code: bar.code,
      fromPoint: bar.fromPoint,
      toPoint: bar.toPoint,
      left: percent(Math.min(bar.start, bar.end)),
      width: Math.abs(percent(bar.end) - percent(bar.start)),
      state: bar.state,
      overShare: spentMs > 0 ? Math.min(1, beyond / spentMs) : 0,
      limit: shown ? percent(limitMs) : null,
      spentS: spentMs / 1000,
      limitS: bar.limitS,
      responsible: bar.responsible,
      hold: bar.hold,
    };
  });
  const labels = grouped(points.map(({ point, ms }) => ({ label: point, ms, at: percent(ms) })));
  const dueAt = due === null ? null : percent(due);
  return {
    pieces,
    points: labels,
    due: dueAt,
    dueWord: dueAt === null ? null : freeSide(dueAt, labels),
    seam: seam > straight + 1 && last > past ? seam : null,
  };
}
