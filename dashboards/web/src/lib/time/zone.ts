/**
 * The clock on the wall of the installation. Whoever looks at an order, from wherever, reads the same
 * times: the document names the zone; a page that names none is read in the browser's.
 */
const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;

function named(): string {
  const zone = typeof document === 'undefined' ? '' : (document.documentElement.dataset.zone ?? '');
  return zone || new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
export const ZONE = named();

const formats = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, number>();

function formatOf(locale: string, options: Intl.DateTimeFormatOptions, zone: string): Intl.DateTimeFormat {
  const key = `${zone} ${locale} ${JSON.stringify(options)}`;
  const found = formats.get(key) ?? new Intl.DateTimeFormat(locale, { ...options, timeZone: zone });
  formats.set(key, found);
  return found;
}

/** A moment in words of a language. */
export const inWords = (ms: number, locale: string, options: Intl.DateTimeFormatOptions, zone = ZONE): string =>
  formatOf(locale, options, zone).format(ms);

const FIELDS = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const;

/** How far the wall is ahead of UTC at a moment, in milliseconds; it changes on quarters of an hour alone. */
function ahead(ms: number, zone: string): number {
  const quarter = Math.floor(ms / QUARTER_MS) * QUARTER_MS;
  const key = `${zone} ${quarter}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  const parts = formatOf('en-US', FIELDS, zone).formatToParts(quarter);
  const of = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((part) => part.type === type)?.value);
  const wall = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  if (offsets.size > 2000) offsets.clear();
  offsets.set(key, wall - quarter);
  return wall - quarter;
}

/** What the wall shows, as if it were UTC. */
const toWall = (ms: number, zone: string): number => ms + ahead(ms, zone);

/** The moment at which the wall shows this; in an hour that clocks leave out, as much later. */
function fromWall(wall: number, zone: string): number {
  const near = wall - ahead(wall - ahead(wall, zone), zone);
  if (toWall(near, zone) === wall) return near;
  return Math.max(near, wall - ahead(near, zone));
}

/** Day of the week, Monday 0. */
const weekdayOf = (wall: number): number => (new Date(wall).getUTCDay() + 6) % 7;

/** Midnight at the beginning of the day that holds `ms`, or so many days later; a day is not always 24 hours long. */
export function midnight(ms: number, days = 0, zone = ZONE): number {
  const day = Math.floor(toWall(ms, zone) / DAY_MS) + days;
  return fromWall(day * DAY_MS, zone);
}

/** Midnight at the beginning of the week (Monday) that holds `ms`. */
export const mondayOf = (ms: number, zone = ZONE): number => midnight(ms, -weekdayOf(toWall(ms, zone)), zone);

/** Whole days from one moment's day to another's. */
export const daysBetween = (from: number, to: number, zone = ZONE): number =>
  Math.floor(toWall(to, zone) / DAY_MS) - Math.floor(toWall(from, zone) / DAY_MS);

/** The moment of the same day at which the wall shows this hour. */
export const atHour = (ms: number, hour: number, zone = ZONE): number =>
  fromWall(Math.floor(toWall(ms, zone) / DAY_MS) * DAY_MS + hour * 3_600_000, zone);

const iso = (ms: number, zone: string): string => new Date(toWall(ms, zone)).toISOString();

/** `YYYY-MM-DD`, as date boxes and addresses hold it. */
export const dayCode = (ms: number, zone = ZONE): string => iso(ms, zone).slice(0, 10);

/** `HH:MM:SS`. */
export const clockOf = (ms: number, zone = ZONE): string => iso(ms, zone).slice(11, 19);

/** A moment as `datetime-local` boxes hold it: to the minute, or the second. */
export const toBox = (ms: number, seconds = false, zone = ZONE): string => iso(ms, zone).slice(0, seconds ? 19 : 16);

/** The moment that such a box, or a date box, holds; null where it holds none. */
export function fromBox(text: string, zone = ZONE): number | null {
  const whole = /^\d{4,6}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text;
  const wall = Date.parse(`${whole}Z`);
  return Number.isFinite(wall) ? fromWall(wall, zone) : null;
}

/** The same as ISO 8601 for the API; empty where there is none. */
export function isoFromBox(text: string, zone = ZONE): string {
  const ms = fromBox(text, zone);
  return ms === null ? '' : new Date(ms).toISOString();
}
