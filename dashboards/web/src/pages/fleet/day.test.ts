import { describe, expect, it } from 'vitest';
import { dayCode, midnight } from '../../lib/time/zone';
import { entriesOf, fromDayCode, shownOf, stretch, unseenOf, way, waysOf, type VehicleDay } from './day';

const at = (minute: number): string => new Date(Date.UTC(2026, 4, 1, 0, minute)).toISOString();
const move = (kind: string, from: number, to: number): VehicleDay['movements'][number] => ({
  kind: kind as 'trip', started_at: at(from), ended_at: at(to), open: false, lat: 1, lon: 2, end_lat: 1, end_lon: 2,
  distance_m: 5, moving_s: 0, idle_s: 0, unseen_s: 0, longest_gap_s: 0, start_unsure_s: 0, end_unsure_s: 0, revised_at: null,
});
const day: VehicleDay = {
  vehicle_id: 'v', from: at(0), to: at(60), last_fix_at: null, distance_m: 5, moving_s: 0, idle_s: 0, unseen_s: 0, ignition: [],
  movements: [move('stop', 0, 10), move('trip', 10, 20), move('stop', 20, 30)],
  passages: [
    { kind: 'exit', at: at(10), uncertainty_s: 5, fence_id: 'f', code: 'f', name_zh: '甲', name_en: 'A', purpose: 'base', lat: 1, lon: 2 },
    { kind: 'enter', at: at(15), uncertainty_s: 5, fence_id: 'g', code: 'g', name_zh: '乙', name_en: 'B', purpose: 'zone', lat: 1, lon: 2 },
  ],
  track: [
    { from: at(0), to: at(12), points: [[1, 1, 0], [1, 2, 600], [1, 3, 720]] },
    { from: at(18), to: at(30), points: [[1, 4, 0], [1, 5, 720]] },
  ],
};

describe('a day', () => {
  it('tells in order what lasted and what was passed meanwhile', () => {
    expect(entriesOf(day).map((one) => one.kind)).toEqual(['stop', 'trip', 'pass', 'pass', 'stop']);
    expect(entriesOf(day).map((one) => (one.kind === 'pass' ? one.pass.code : one.number))).toEqual([1, 1, 'f', 'g', 2]);
  });
  it('shows where nobody saw the vehicle', () => {
    expect(unseenOf(day)).toEqual([[Date.parse(at(12)), Date.parse(at(18))]]);
    expect(waysOf(day, null).map(({ points, unseen }) => [points.length, unseen ?? false])).toEqual([[3, false], [2, true], [2, false]]);
  });
  it('lights the part of the way that is looked at', () => {
    const lit = waysOf(day, { from: Date.parse(at(10)), to: Date.parse(at(20)) }).filter((one) => one.lit);
    expect(lit.map(({ points }) => points)).toEqual([[[1, 2], [1, 3]]]);
  });
  it('shows the hours around what moved', () => {
    const HOUR = 3_600_000;
    const begin = Date.parse(at(0));
    const trip = (from: number, to: number): ReturnType<typeof entriesOf> =>
      entriesOf({ ...day, passages: [], movements: [move('stop', -600, from * 60), move('trip', from * 60, to * 60), move('stop', to * 60, 1440)] });
    const hours = (from: number, to: number): number[] => shownOf(trip(from, to), begin, begin + 24 * HOUR).map((ms) => (ms - begin) / HOUR);
    expect(hours(8, 9.5)).toEqual([6, 12]);
    expect(hours(7, 8)).toEqual([6, 12]);
    expect(hours(22, 23.5)).toEqual([18, 24]);
    expect(hours(-1, 20)).toEqual([0, 21]);
    expect(hours(23, 25)).toEqual([18, 24]);
    expect(shownOf([], 0, 5)).toEqual([0, 5]);
  });
  it('cuts what began before it or goes on behind it', () => {
    expect(stretch(-5, 5, 0, 20)).toEqual({ left: 0, width: 0.25 });
    expect(stretch(15, 25, 0, 20)).toEqual({ left: 0.75, width: 0.25 });
    expect(stretch(-9, -5, 0, 20)).toBeNull();
    expect(stretch(30, 35, 0, 20)).toBeNull();
  });
});

it('reads the day that an address names', () => {
  expect(fromDayCode(dayCode(midnight(Date.parse(at(0)))))).toBe(midnight(Date.parse(at(0))));
  expect([fromDayCode('2026-13-01'), fromDayCode('2026-05-01T00:00'), fromDayCode('')]).toEqual([null, null, null]);
});

it('says metres in the unit that fits', () => {
  expect([0, 640.4, 999.6, 12_340, 123_456].map(way)).toEqual(['0 m', '640 m', '1.0 km', '12.3 km', '123 km']);
});
