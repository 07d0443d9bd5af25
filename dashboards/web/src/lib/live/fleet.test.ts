import { expect, test, vi } from 'vitest';
import type { VehicleRow } from '../api/types';
import { Fleet, mercatorX, mercatorY, RECORD_BYTES } from './fleet';

const ID = (last: number): string => `01020304-0506-7708-890a-0b0c0d0e0f${last.toString(16).padStart(2, '0')}`;

const row = (last: number, changes: Partial<VehicleRow> = {}): VehicleRow => ({
  id: ID(last),
  plate: `P${last}`,
  crew_id: `crew-${last}`,
  centre_id: null,
  lat: null,
  lon: null,
  speed_kmh: null,
  course_deg: null,
  fix_at: null,
  quiet_at: null,
  silent_since: null,
  silent_on_duty: null,
  silent_devices: [],
  source: null,
  apart: [],
  ...changes,
});

/** As `struct.pack('!16siiHHIH', …)` writes them. */
function frame(...records: [id: string, lat: number, lon: number, speed: number, course: number, at: number, holds?: number][]): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(records.length * RECORD_BYTES));
  records.forEach(([id, lat, lon, speed, course, at, holds = 0], index) => {
    const base = index * RECORD_BYTES;
    const hex = id.replaceAll('-', '');
    for (let i = 0; i < 16; i += 1) view.setUint8(base + i, Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
    view.setInt32(base + 16, lat);
    view.setInt32(base + 20, lon);
    view.setUint16(base + 24, speed);
    view.setUint16(base + 26, course);
    view.setUint32(base + 28, at);
    view.setUint16(base + 32, holds);
  });
  return view.buffer as ArrayBuffer;
}

test('packed records are read as the gateway writes them', () => {
  const fleet = new Fleet();
  fleet.load([row(1), row(2), row(3)]);
  const moved = vi.fn();
  fleet.follow(moved);
  expect(
    fleet.take(frame([ID(2), 39_904_200, 116_407_400, 365, 270, 4_000_000_000], [ID(3), -33_000_001, -70_500_000, 0, 0, 5])),
  ).toBe(2);
  expect(moved).toHaveBeenCalledTimes(1);
  const slot = fleet.slotOf(ID(2));
  expect(fleet.placeOf(ID(2))).toEqual([39.9042, 116.4074]);
  expect([fleet.speed[slot], fleet.course[slot], fleet.seenAt(ID(2))]).toEqual([36.5, 270, 4_000_000_000_000]);
  expect(fleet.placeOf(ID(3))).toEqual([-33.000001, -70.5]);
  expect([fleet.placeOf(ID(1)), fleet.seenAt(ID(1)), fleet.seenAt(null)]).toEqual([null, null, null]);
  expect(fleet.slotOfCrew('crew-2')).toBe(slot);
});

test('strangers, older positions and a torn record change nothing', () => {
  const fleet = new Fleet();
  fleet.load([row(1, { lat: 1, lon: 2, fix_at: '2026-01-01T00:00:00Z' })]);
  const seconds = Date.parse('2026-01-01T00:00:00Z') / 1000;
  const moved = vi.fn();
  fleet.follow(moved);
  expect(fleet.take(frame([ID(9), 1, 1, 1, 1, seconds + 1], [ID(1), 5_000_000, 1, 1, 1, seconds - 1]))).toBe(0);
  expect(fleet.take(new ArrayBuffer(RECORD_BYTES - 1))).toBe(0);
  expect([fleet.placeOf(ID(1)), moved.mock.calls.length]).toEqual([[1, 2], 0]);
});

test('a snapshot keeps what came live and is newer, and forgets vehicles that left', () => {
  const fleet = new Fleet();
  fleet.load([row(1), row(2)]);
  fleet.take(frame([ID(1), 7_000_000, 8_000_000, 10, 20, 1_000], [ID(2), 7_000_000, 8_000_000, 10, 20, 1_000]));
  fleet.load([row(1, { lat: 1, lon: 1, fix_at: '1970-01-01T00:00:10Z' }), row(3, { lat: 3, lon: 3, fix_at: '1970-01-01T00:00:10Z' })]);
  expect(fleet.placeOf(ID(1))).toEqual([7, 8]);
  expect(fleet.placeOf(ID(3))).toEqual([3, 3]);
  expect([fleet.size, fleet.slotOf(ID(2))]).toEqual([2, -1]);
  fleet.load([row(1, { lat: 1, lon: 1, fix_at: '1970-01-01T01:00:00Z' })]);
  expect(fleet.placeOf(ID(1))).toEqual([1, 1]);
});

test('two thousand ids are all found again', () => {
  const ids = Array.from({ length: 2000 }, (_, i) => `0192${i.toString(16).padStart(4, '0')}-0000-7000-8000-${(i * 7919).toString(16).padStart(12, '0')}`);
  const fleet = new Fleet();
  fleet.load(ids.map((id) => ({ ...row(0), id })));
  expect(fleet.take(frame(...ids.map((id, i): [string, number, number, number, number, number] => [id, i + 1, -i - 1, 0, 0, 1])))).toBe(2000);
  ids.forEach((id, i) => expect(fleet.placeOf(id)).toEqual([(i + 1) / 1e6, (-i - 1) / 1e6]));
});

test('Mercator has the world between 0 and 1, north up', () => {
  expect([mercatorX(-180), mercatorX(0), mercatorY(0)]).toEqual([0, 0.5, 0.5]);
  expect(mercatorY(85.051129)).toBeCloseTo(0, 6);
  expect(mercatorY(-60)).toBeGreaterThan(mercatorY(60));
});

test('a position holds until the moment that it names, and is unknown from then on', () => {
  const fleet = new Fleet();
  fleet.load([row(1, { lat: 1, lon: 1, fix_at: '1970-01-01T00:00:10Z', quiet_at: '1970-01-01T00:01:10Z' }), row(2)]);
  expect([fleet.isUnknown(ID(1), 69_999), fleet.isUnknown(ID(1), 70_000)]).toEqual([false, true]);
  expect([fleet.isUnknown(ID(2), 0), fleet.isUnknown(null, 0)]).toEqual([true, true]);
  fleet.take(frame([ID(1), 1, 1, 0, 0, 100, 180]));
  expect([fleet.isUnknown(ID(1), 279_999), fleet.isUnknown(ID(1), 280_000)]).toEqual([false, true]);
  fleet.load([row(1, { lat: 1, lon: 1, fix_at: '1970-01-01T00:00:20Z', quiet_at: '1970-01-01T00:00:30Z' })]);
  expect(fleet.isUnknown(ID(1), 279_999)).toBe(false);
});
