import { expect, test } from 'vitest';
import type { VehicleRow } from '../api/types';
import { Fleet } from '../live/fleet';
import { Bunches, pixelsOf, type View } from './bunch';

const NONE: ReadonlySet<number> = new Set();
const SEEN = '2026-01-01T00:00:00Z';

/** A fleet with vehicles at these places; null: one that was never seen. */
function fleetAt(places: readonly ([lat: number, lon: number] | null)[]): Fleet {
  const fleet = new Fleet();
  fleet.load(
    places.map((place, index): VehicleRow => ({
      id: `00000000-0000-7000-8000-${index.toString(16).padStart(12, '0')}`,
      plate: '',
      crew_id: null,
      centre_id: null,
      lat: place?.[0] ?? null,
      lon: place?.[1] ?? null,
      speed_kmh: 0,
      course_deg: 0,
      fix_at: place ? SEEN : null,
      quiet_at: null,
      silent_since: null,
      silent_on_duty: null,
      silent_devices: [],
      source: null,
      apart: [],
    })),
  );
  return fleet;
}

/** A canvas of 400×300 pixels around 0° 0°; at scale 3600 one degree is ten pixels. */
const view = (changes: Partial<View> = {}): View => ({ x: 0.5, y: 0.5, scale: 3600, width: 400, height: 300, ...changes });

test('few vehicles are drawn one by one, where they are', () => {
  const marks = new Bunches();
  marks.gather(fleetAt([[0, 0], [0, 1], null, [0, 60]]), view(), NONE);
  expect([marks.size, marks.inSight]).toEqual([2, 2]);
  expect([marks.px[0], marks.py[0], marks.px[1]]).toEqual([200, 150, 210]);
});

test('many near each other become one mark with their number; none is lost', () => {
  const spread = Array.from({ length: 500 }, (_, i): [number, number] => [Math.sin(i) * 10, Math.cos(i * 7) * 15]);
  const marks = new Bunches();
  marks.gather(fleetAt(spread), view(), NONE);
  const total = [...marks.members.subarray(0, marks.size)].reduce((a, b) => a + b, 0);
  expect(total).toBe(500);
  expect(marks.size).toBeLessThan(120);
});

test('the one that stands out is never in a bunch', () => {
  const marks = new Bunches();
  marks.gather(fleetAt(Array.from({ length: 100 }, () => [0, 0])), view(), new Set([42]));
  const alone = [...Array(marks.size).keys()].filter((mark) => marks.members[mark] === 1);
  expect(alone.map((mark) => marks.slot[mark])).toEqual([42]);
  expect(marks.size).toBe(2);
});

test('cells stand still in the world: a little move of the map changes no number', () => {
  const fleet = fleetAt(Array.from({ length: 200 }, (_, i): [number, number] => [Math.sin(i) * 5, Math.cos(i * 3) * 5]));
  const numbers = (at: View): number[] => {
    const marks = new Bunches();
    marks.gather(fleet, at, NONE);
    return [...marks.members.subarray(0, marks.size)].sort((a, b) => a - b);
  };
  expect(numbers(view({ x: 0.5 + 7 / 3600 }))).toEqual(numbers(view()));
});

test('close up every vehicle stands by itself', () => {
  const marks = new Bunches();
  marks.gather(fleetAt(Array.from({ length: 100 }, () => [0, 0])), view({ scale: 512 * 2 ** 16 }), NONE);
  expect(marks.size).toBe(100);
});

test('a circle of metres is as large as the map draws the ground there', () => {
  const world = 512 * 2 ** 14;
  const atEquator = pixelsOf(1000, 0, world);
  expect(atEquator).toBeCloseTo((1000 / 40_075_016.686) * world, 6);
  expect(pixelsOf(1000, 60, world) / atEquator).toBeCloseTo(2, 6);
  expect(pixelsOf(1000, 39.9, world * 2)).toBeCloseTo(2 * pixelsOf(1000, 39.9, world), 6);
});
