import type { Schemas } from '../../lib/api/types';
import { clockOf, daysBetween } from '../../lib/time/zone';

export type Shift = Schemas['ShiftRow'];

/** Number of the day (0–6) on which a shift begins; what began before the week counts for its first. */
export function dayOf(shift: Shift, monday: number): number {
  const start = Date.parse(shift.starts_at);
  return start < monday ? 0 : daysBetween(monday, start);
}

const two = (n: number): string => String(n).padStart(2, '0');

/** `HH:MM`. */
export const hourOf = (iso: string): string => clockOf(Date.parse(iso)).slice(0, 5);

/** Hours as people type them (`8`, `830`, `8:30`, `08：30`) as `HH:MM`; what is none stays as it is. */
export function clock(typed: string): string {
  const found = /^(\d{1,2})(?:[:：.]?([0-5]\d))?$/.exec(typed.trim());
  const hours = Number(found?.[1]);
  return found && hours < 24 ? `${two(hours)}:${found[2] ?? '00'}` : typed;
}
