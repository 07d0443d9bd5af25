import type { Schemas } from '../../lib/api/types';
import { csv } from '../../lib/csv';
import { dayCode, midnight } from '../../lib/time/zone';
import { fromDayCode } from './day';

export type DistanceRow = Schemas['DistanceRow'];

/** A vehicle's week. `days`: metres of each day, null where nothing is known of it. */
export interface Week {
  id: string;
  plate: string;
  days: (number | null)[];
  metres: number;
  trips: number;
  moving: number;
  idle: number;
  unseen: number;
}

export const daysFrom = (monday: number): string[] =>
  Array.from({ length: 7 }, (_, index) => dayCode(midnight(monday, index)));

/** One line for each vehicle that is known of, the longest way first. */
export function weeks(rows: readonly DistanceRow[], monday: number): Week[] {
  const days = daysFrom(monday);
  const found = new Map<string, Week>();
  for (const row of rows) {
    const index = days.indexOf(row.day);
    if (index < 0) continue;
    const week: Week = found.get(row.vehicle_id) ?? {
      id: row.vehicle_id, plate: row.plate, days: days.map(() => null), metres: 0, trips: 0, moving: 0, idle: 0, unseen: 0,
    };
    week.days[index] = row.distance_m;
    week.metres += row.distance_m;
    week.trips += row.trips;
    week.moving += row.moving_s;
    week.idle += row.idle_s;
    week.unseen += row.unseen_s;
    found.set(row.vehicle_id, week);
  }
  return [...found.values()].sort((a, b) => b.metres - a.metres || a.plate.localeCompare(b.plate));
}

/** Everything that was asked for, a line for each vehicle and day. */
export function asCsv(rows: readonly DistanceRow[]): string {
  const columns = ['day', 'plate', 'distance_m', 'trips', 'stops', 'moving_s', 'idle_s', 'unseen_s', 'vehicle_id'] as const;
  const sorted = [...rows].sort((a, b) => a.day.localeCompare(b.day) || a.plate.localeCompare(b.plate));
  return csv(columns, sorted.map((row) => columns.map((name) => row[name])));
}

/** `05-01`, as columns say it. */
export const shortDay = (code: string): string => (fromDayCode(code) === null ? code : code.slice(5));
