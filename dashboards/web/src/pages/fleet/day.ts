import type { Schemas } from '../../lib/api/types';
import type { At } from '../../lib/map/drawn';
import type { Line } from '../../lib/map/shapeView';
import { fromBox } from '../../lib/time/zone';

export type VehicleDay = Schemas['VehicleDay'];
export type Movement = Schemas['MovementRow'];
export type Passage = Schemas['PassageRow'];

/** A line of a day: something that lasted, or a fence that was passed. Milliseconds. */
export type Entry =
  | { key: string; kind: 'trip' | 'stop' | 'silence'; from: number; to: number; move: Movement; number: number }
  | { key: string; kind: 'pass'; from: number; to: number; pass: Passage };

/** A stretch of time on the band, as parts of the day. */
export interface Stretch {
  left: number;
  width: number;
}

/** Midnight of a day that an address names; null where it names none. */
export const fromDayCode = (code: string): number | null => (/^\d{4}-\d\d-\d\d$/.test(code) ? fromBox(code) : null);

/** The time since a vehicle was heard last, as a line of the present day: it is not over. */
export function unheard(day: VehicleDay, since: string, now: number): Entry {
  const last = day.track.at(-1)?.points.at(-1);
  const [lat, lon] = [last?.[0] ?? 0, last?.[1] ?? 0];
  const quiet = { distance_m: 0, moving_s: 0, idle_s: 0, unseen_s: 0, longest_gap_s: 0, start_unsure_s: 0, end_unsure_s: 0 };
  const times = { started_at: since, ended_at: new Date(now).toISOString(), open: true, revised_at: null };
  const move: Movement = { kind: 'silence', lat, lon, end_lat: lat, end_lon: lon, ...quiet, ...times };
  return { key: 'unheard', kind: 'silence', from: Date.parse(since), to: now, move, number: 0 };
}

/** What happened, in its order; a fence is passed within what lasted. Stops are counted. */
export function entriesOf(day: VehicleDay): Entry[] {
  let stops = 0;
  const lasted = day.movements.map((move): Entry => {
    const kind = move.kind as 'trip' | 'stop' | 'silence';
    if (kind === 'stop') stops += 1;
    const [from, to] = [Date.parse(move.started_at), Date.parse(move.ended_at)];
    return { key: `${kind} ${move.started_at}`, kind, from, to, move, number: stops };
  });
  const passed = day.passages.map((pass): Entry => {
    const at = Date.parse(pass.at);
    return { key: `pass ${pass.at} ${pass.fence_id} ${pass.kind}`, kind: 'pass', from: at, to: at, pass };
  });
  return [...lasted, ...passed].sort((a, b) => a.from - b.from || Number(a.kind === 'pass') - Number(b.kind === 'pass'));
}

const PIECE_MS = 3 * 3_600_000;

/**
 * The part of the day that the band shows: around trips and fences, in pieces of three hours and at
 * least two of them; all of it where there are none. What stands before and after goes on beyond.
 */
export function shownOf(entries: readonly Entry[], begin: number, end: number): [number, number] {
  const moved = entries.filter(({ kind, to }) => kind !== 'stop' && to > begin);
  if (moved.length === 0) return [begin, end];
  const piece = (ms: number): number => (ms - begin) / PIECE_MS;
  const last = Math.max(...moved.map(({ to }) => Math.min(to, end)));
  const first = Math.floor(piece(Math.max(begin, Math.min(...moved.map(({ from }) => from)))));
  const until = Math.min(end, begin + Math.max(Math.ceil(piece(last)), first + 2) * PIECE_MS);
  return [Math.min(begin + first * PIECE_MS, Math.max(begin, until - 2 * PIECE_MS)), until];
}

/** Where a stretch of time lies within the day; null where it does not. */
export function stretch(from: number, to: number, begin: number, end: number): Stretch | null {
  const [a, b] = [Math.max(from, begin), Math.min(to, end)];
  if (b < a || to < begin || from > end) return null;
  return { left: (a - begin) / (end - begin), width: (b - a) / (end - begin) };
}

/** The times between the pieces of the track: nobody saw the vehicle then. */
export function unseenOf(day: VehicleDay): [number, number][] {
  return day.track.slice(1).map((piece, index) => [Date.parse(day.track[index]?.to ?? piece.from), Date.parse(piece.from)]);
}

/** The way of a day for the map; what lies between two moments is lit, gaps are dashed. */
export function waysOf(day: VehicleDay, lit: { from: number; to: number } | null): Line[] {
  const ways: Line[] = [];
  let last: At | null = null;
  for (const { from, points } of day.track) {
    const begin = Date.parse(from);
    const way = points.map(([lat, lon]): At => [lat, lon]);
    const first = way[0];
    if (last && first) ways.push({ points: [last, first], unseen: true });
    if (way.length > 1) ways.push({ points: way });
    const part = lit ? points.filter(([, , s]) => begin + s * 1000 >= lit.from && begin + s * 1000 <= lit.to) : [];
    if (part.length > 1) ways.push({ points: part.map(([lat, lon]): At => [lat, lon]), lit: true });
    last = way.at(-1) ?? last;
  }
  return ways;
}

/** Metres as one says them: 640 m, 12.3 km. */
export function way(metres: number): string {
  const whole = Math.round(metres);
  if (whole < 1000) return `${whole} m`;
  return `${(whole / 1000).toFixed(whole < 99_950 ? 1 : 0)} km`;
}
