import { expect, test } from 'vitest';
import type { VehicleRow } from '../../lib/api/types';
import { sourceWords } from './source';

const row = (source: VehicleRow['source'], apart: VehicleRow['apart'] = []): VehicleRow =>
  ({ source, apart }) as VehicleRow;

test('a vehicle that was never seen has no source', () => {
  expect(sourceWords(undefined, 0)).toEqual([]);
  expect(sourceWords(row(null), 0)).toEqual([]);
});

test('the source is named, and what is not with the vehicle since when', () => {
  const since = new Date(2026, 4, 1, 5, 7, 30).toISOString();
  const words = sourceWords(row('terminal', [{ id: 'p', kind: 'phone', since }]), Date.parse(since));
  expect(words).toHaveLength(2);
  expect(words[1]).toContain('05:07');
  expect(words[1]).not.toContain('05:07:30');
  expect(sourceWords(row('phone'), 0)[0]).not.toBe(words[0]);
});
