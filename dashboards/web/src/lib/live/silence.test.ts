import { describe, expect, test } from 'vitest';
import type { VehicleRow } from '../api/types';
import { aCrew } from '../testing/rows';
import { silenceKey, unseen } from './silence';

const SINCE = '2026-01-01T03:12:00Z';
const vehicle = (changes: Partial<VehicleRow> = {}): VehicleRow => ({
  id: 'vehicle-1',
  plate: '京A12345',
  crew_id: 'crew-1',
  centre_id: 'centre-1',
  lat: 39.9,
  lon: 116.4,
  speed_kmh: 0,
  course_deg: 0,
  fix_at: SINCE,
  quiet_at: SINCE,
  silent_since: SINCE,
  silent_on_duty: true,
  silent_devices: [{ id: 'device-1', kind: 'terminal', since: SINCE, told: null }],
  source: 'terminal',
  apart: [],
  ...changes,
});
const busy = new Map([['crew-1', aCrew({ state: 'busy', active_order: '20260101-0001' })]]);

describe('which silence is an alarm', () => {
  test.each([
    ['with an order in hand', {}, true],
    ['of a crew off duty', { silent_on_duty: false }, false],
    ['of one that is heard', { silent_since: null }, false],
    ['where only a second device is silent', { silent_since: null, silent_on_duty: true }, false],
    ['of a vehicle without a crew', { crew_id: null }, false],
  ] as const)('%s', (_, changes, told) => {
    expect(unseen([vehicle(changes)], busy)).toHaveLength(told ? 1 : 0);
  });

  test('not of a crew without an order in hand', () => {
    expect(unseen([vehicle()], new Map([['crew-1', aCrew({ next_order: '20260101-0001' })]]))).toEqual([]);
  });

  test('the longest first, each heard once', () => {
    const two = new Map([...busy, ['crew-2', aCrew({ id: 'crew-2', active_order: '20260101-0002' })]]);
    const longer = vehicle({ id: 'vehicle-2', crew_id: 'crew-2', silent_since: '2026-01-01T03:00:00Z' });
    const found = unseen([vehicle(), longer], two);
    expect(found.map(({ number }) => number)).toEqual(['20260101-0002', '20260101-0001']);
    expect(new Set(found.map(silenceKey)).size).toBe(2);
  });
});
