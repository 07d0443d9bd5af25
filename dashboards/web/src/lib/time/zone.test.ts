import { describe, expect, test } from 'vitest';
import { atHour, clockOf, dayCode, daysBetween, fromBox, inWords, isoFromBox, midnight, mondayOf, toBox } from './zone';

const SHANGHAI = 'Asia/Shanghai';
const NEW_YORK = 'America/New_York';
const KATHMANDU = 'Asia/Kathmandu';
const at = (iso: string): number => Date.parse(iso);

test.each([
  [SHANGHAI, '2026-01-31T17:05:09Z', '2026-02-01', '01:05:09', '2026-02-01T01:05'],
  [KATHMANDU, '2026-01-31T18:14:59Z', '2026-01-31', '23:59:59', '2026-01-31T23:59'],
  [NEW_YORK, '2026-03-08T06:59:59Z', '2026-03-08', '01:59:59', '2026-03-08T01:59'],
  [NEW_YORK, '2026-03-08T07:00:00Z', '2026-03-08', '03:00:00', '2026-03-08T03:00'],
])('in %s the wall shows %s as it is there', (zone, moment, day, clock, box) => {
  const ms = at(moment);
  expect([dayCode(ms, zone), clockOf(ms, zone), toBox(ms, false, zone)]).toEqual([day, clock, box]);
});

describe.each([SHANGHAI, NEW_YORK, KATHMANDU, 'UTC', 'Australia/Lord_Howe'])('in %s', (zone) => {
  const begin = midnight(at('2026-01-01T12:00:00Z'), 0, zone);
  test('every day of two years begins once, at its midnight, in its order', () => {
    for (let days = -365; days < 365; days += 1) {
      const there = midnight(begin, days, zone);
      expect(clockOf(there, zone)).toBe('00:00:00');
      expect(midnight(there, 1, zone)).toBeGreaterThan(there);
      expect(daysBetween(begin, there, zone)).toBe(days);
      expect(fromBox(dayCode(there, zone), zone)).toBe(there);
      expect(clockOf(atHour(there, 12, zone), zone)).toBe('12:00:00');
    }
  });
  test('what a box holds is read back', () => {
    for (let hours = 0; hours < 9000; hours += 7) {
      const ms = begin + hours * 3_600_000;
      expect(toBox(fromBox(toBox(ms, true, zone), zone) ?? 0, true, zone)).toBe(toBox(ms, true, zone));
    }
  });
  test('weeks begin on Monday', () => {
    const monday = mondayOf(at('2026-03-04T12:00:00Z'), zone);
    expect(dayCode(monday, zone)).toBe('2026-03-02');
    for (let day = 0; day < 7; day += 1) expect(mondayOf(midnight(monday, day, zone), zone)).toBe(monday);
    expect(mondayOf(midnight(monday, 7, zone) - 1000, zone)).toBe(monday);
  });
});

test('an hour that clocks leave out is a later one; what is no moment is none', () => {
  expect(clockOf(fromBox('2026-03-08T02:30', NEW_YORK) ?? 0, NEW_YORK)).toBe('03:30:00');
  expect(isoFromBox('2026-02-01T01:05', SHANGHAI)).toBe('2026-01-31T17:05:00.000Z');
  expect([fromBox(''), fromBox('2026-13-01'), fromBox('x'), isoFromBox('')]).toEqual([null, null, null, '']);
});

test('words follow the zone as well', () => {
  expect(inWords(at('2026-01-31T17:05:09Z'), 'en-GB', { weekday: 'short' }, SHANGHAI)).toBe('Sun');
  expect(inWords(at('2026-01-31T17:05:09Z'), 'en-GB', { weekday: 'short' }, NEW_YORK)).toBe('Sat');
});
