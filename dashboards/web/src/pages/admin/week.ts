import type { Schemas } from '../../lib/api/types';

export type Shift = Schemas['ShiftRow'];
const DAY_MS = 86_400_000;

/** Midnight at the beginning of the week (Monday) that holds `ms`, in the operator's zone. */
export function mondayOf(ms: number): number {
  const at = new Date(ms);
  at.setHours(0, 0, 0, 0);
  at.setDate(at.getDate() - ((at.getDay() + 6) % 7));
  return at.getTime();
}

/** Midnight `days` after midnight `ms`: a day is not always 24 hours long. */
export function daysAfter(ms: number, days: number): number {
  const at = new Date(ms);
  at.setDate(at.getDate() + days);
  return at.getTime();
}

/** Number of the day (0–6) on which a shift begins; what began before the week counts for its first. */
export function dayOf(shift: Shift, monday: number): number {
  const start = Date.parse(shift.starts_at);
  if (start < monday) return 0;
  return Math.round((new Date(start).setHours(0, 0, 0, 0) - monday) / DAY_MS);
}

const two = (n: number): string => String(n).padStart(2, '0');

/** `HH:MM` in the operator's zone. */
export function hourOf(iso: string): string {
  const at = new Date(iso);
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** `YYYY-MM-DD`, as a date field holds it. */
export function dateField(ms: number): string {
  const at = new Date(ms);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** `YYYY-MM-DDTHH:MM`, as a field of date and time holds it. */
export function momentField(ms: number): string {
  const at = new Date(ms);
  return `${dateField(ms)}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** What such a field holds as ISO 8601 with zone; empty where it holds no moment. */
export function momentOf(field: string): string {
  const ms = Date.parse(field);
  return Number.isFinite(ms) ? new Date(ms).toISOString() : '';
}

/** Hours as people type them (`8`, `830`, `8:30`, `08：30`) as `HH:MM`; what is none stays as it is. */
export function clock(typed: string): string {
  const found = /^(\d{1,2})(?:[:：.]?([0-5]\d))?$/.exec(typed.trim());
  const hours = Number(found?.[1]);
  return found && hours < 24 ? `${two(hours)}:${found[2] ?? '00'}` : typed;
}
