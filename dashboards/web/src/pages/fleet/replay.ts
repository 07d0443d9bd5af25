import type { At } from '../../lib/map/drawn';

/** A stored position. Milliseconds, degrees WGS-84, km/h. */
export interface Seen {
  ms: number;
  at: At;
  kmh: number;
}

/** A track as the server writes it: lines with the time and speed of each of their points. */
export interface TrackFile {
  features: {
    geometry: { type: string; coordinates: unknown };
    properties: { coordTimes: string[]; speeds_kmh: number[] };
  }[];
}

/** Where a vehicle was. `known`: somebody saw it; else it is where it was seen last. */
export interface Where {
  at: At;
  kmh: number;
  known: boolean;
}

/** Between two positions further apart nobody saw the vehicle. */
export const UNSEEN_MS = 120_000;
export const STEP_MS = 10_000;
export const LEAP_MS = 300_000;
/** How many times faster than it was. */
export const PACES = [1, 10, 60, 300] as const;

/** All positions in their order; where two lines meet the point counts once. */
export function seenOf(file: TrackFile): Seen[] {
  const found: Seen[] = [];
  for (const { geometry, properties } of file.features) {
    const points = (geometry.type === 'Point' ? [geometry.coordinates] : geometry.coordinates) as [number, number][];
    points.forEach(([lon, lat], index) => {
      const ms = Date.parse(properties.coordTimes[index] ?? '');
      const last = found.at(-1);
      if (!last || ms > last.ms) found.push({ ms, at: [lat, lon], kmh: properties.speeds_kmh[index] ?? 0 });
    });
  }
  return found;
}

/** Index of the last position not behind `ms`; -1: all are. */
export function lastBefore(track: readonly Seen[], ms: number): number {
  let [low, high] = [0, track.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((track[middle] as Seen).ms <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Where it was at a moment: between two positions by time; null before the first. */
export function whereAt(track: readonly Seen[], ms: number): Where | null {
  const index = lastBefore(track, ms);
  const [before, after] = [track[index], track[index + 1]];
  if (!before) return null;
  if (ms === before.ms) return { at: before.at, kmh: before.kmh, known: true };
  if (!after) return { at: before.at, kmh: before.kmh, known: ms - before.ms <= UNSEEN_MS };
  if (after.ms - before.ms > UNSEEN_MS) return { at: before.at, kmh: 0, known: false };
  const part = (ms - before.ms) / (after.ms - before.ms);
  const at: At = [before.at[0] + (after.at[0] - before.at[0]) * part, before.at[1] + (after.at[1] - before.at[1]) * part];
  return { at, kmh: before.kmh, known: true };
}
