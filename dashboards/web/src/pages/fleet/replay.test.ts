import { describe, expect, it } from 'vitest';
import { lastBefore, seenOf, whereAt, type TrackFile } from './replay';

const time = (s: number): string => new Date(1_000_000 + s * 1000).toISOString();
const line = (points: [number, number, number][]): TrackFile['features'][number] => ({
  geometry: { type: 'LineString', coordinates: points.map(([, lat, lon]) => [lon, lat]) },
  properties: { coordTimes: points.map(([s]) => time(s)), speeds_kmh: points.map(([s]) => s) },
});
const file: TrackFile = {
  features: [
    line([[0, 1, 2], [10, 1.1, 2.2]]),
    line([[10, 1.1, 2.2], [20, 1.2, 2]]),
    { geometry: { type: 'Point', coordinates: [5, 4] }, properties: { coordTimes: [time(600)], speeds_kmh: [7] } },
  ],
};
const at = (s: number): number => 1_000_000 + s * 1000;

describe('a track that is played again', () => {
  const track = seenOf(file);

  it('has each position once, latitude first', () => {
    expect(track.map(({ ms }) => ms)).toEqual([0, 10, 20, 600].map(at));
    expect(track[0]?.at).toEqual([1, 2]);
    expect(track.at(-1)).toEqual({ ms: at(600), at: [4, 5], kmh: 7 });
  });

  it('finds the last position at every moment', () => {
    expect([-1, 0, 5, 10, 599, 9999].map((s) => lastBefore(track, at(s)))).toEqual([-1, 0, 0, 1, 2, 3]);
    expect(lastBefore([], at(0))).toBe(-1);
  });

  it('is between two positions by time, and nowhere before the first', () => {
    expect(whereAt(track, at(-1))).toBeNull();
    const where = whereAt(track, at(5));
    expect(where?.at[0]).toBeCloseTo(1.05);
    expect(where?.at[1]).toBeCloseTo(2.1);
    expect(where?.known).toBe(true);
    expect(whereAt(track, at(10))).toEqual({ at: [1.1, 2.2], kmh: 10, known: true });
  });

  it('invents no way where nobody saw the vehicle', () => {
    expect(whereAt(track, at(300))).toEqual({ at: [1.2, 2], kmh: 0, known: false });
    expect(whereAt(track, at(600))?.known).toBe(true);
    expect(whereAt(track, at(700))).toEqual({ at: [4, 5], kmh: 7, known: true });
    expect(whereAt(track, at(800))?.known).toBe(false);
  });
});
