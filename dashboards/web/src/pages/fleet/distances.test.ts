import { expect, it } from 'vitest';
import { mondayOf } from '../../lib/time/zone';
import { asCsv, daysFrom, weeks, type DistanceRow } from './distances';

const monday = mondayOf(new Date(2026, 4, 7, 15).getTime());
const row = (plate: string, day: string, distance_m: number): DistanceRow => ({
  vehicle_id: `id ${plate}`, plate, day, distance_m, trips: 2, stops: 3, moving_s: 60, idle_s: 5, unseen_s: 0,
});

it('weeks begin on Monday', () => {
  expect(daysFrom(monday)).toEqual(['2026-05-04', '2026-05-05', '2026-05-06', '2026-05-07', '2026-05-08', '2026-05-09', '2026-05-10']);
});

it('a day of which nothing is known is no day without a way', () => {
  const rows = [row('A', '2026-05-04', 1000), row('A', '2026-05-06', 0), row('B', '2026-05-05', 5000), row('B', '2026-05-11', 7)];
  const [first, second] = weeks(rows, monday);
  expect([first?.plate, first?.metres, first?.trips]).toEqual(['B', 5000, 2]);
  expect(second?.days).toEqual([1000, null, 0, null, null, null, null]);
});

it('a file of it has a line for each vehicle and day', () => {
  const text = asCsv([row('B', '2026-05-05', 1), row('=A', '2026-05-05', 2), row('B', '2026-05-04', 3)]);
  expect(text.split('\r\n').slice(0, 4)).toEqual([
    '\uFEFFday,plate,distance_m,trips,stops,moving_s,idle_s,unseen_s,vehicle_id',
    '2026-05-04,B,3,2,3,60,5,0,id B',
    "2026-05-05,'=A,2,2,3,60,5,0,id =A",
    '2026-05-05,B,1,2,3,60,5,0,id B',
  ]);
});
