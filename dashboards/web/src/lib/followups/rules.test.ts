import { describe, expect, test } from 'vitest';
import { dueLeft, queued, waitOf } from './rules';

const T0 = Date.parse('2026-01-01T00:00:00Z');
const at = (hours: number): string => new Date(T0 + hours * 3_600_000).toISOString();
const row = (id: string, due: number, next: number | null = null) => ({
  id,
  due_at: at(due),
  next_at: next === null ? null : at(next),
});

describe('a follow-up', () => {
  test.each([
    [7, 'normal'],
    [5.9, 'watch'],
    [1.9, 'risk'],
    [-0.1, 'late'],
  ] as const)('due in %d hours is %s', (hours, level) =>
    expect(dueLeft(row('a', hours), T0).level).toBe(level));
  test('without a time is unknown, never fine', () =>
    expect(dueLeft({ due_at: '' }, T0)).toEqual({ left: null, level: 'unknown' }));
  test('may be tried again after its pause', () => {
    expect(waitOf(row('a', 1, 2), T0)).toBe(7_200_000);
    expect(waitOf(row('a', 1, -2), T0)).toBe(0);
    expect(waitOf(row('a', 1), T0)).toBe(0);
  });
});

test('whom one may call now stands first, overdue before due, then the others by when', () => {
  const rows = [row('later', 20), row('paused', -3, 2), row('soon', 1), row('late', -1), row('paused first', 9, 1)];
  expect(queued(rows, T0).map(({ id }) => id)).toEqual(['late', 'soon', 'later', 'paused first', 'paused']);
});
