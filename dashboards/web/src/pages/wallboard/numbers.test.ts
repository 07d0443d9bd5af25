import { expect, test } from 'vitest';
import { longestS, tiles, trouble, type Wall } from './numbers';

const NOW = Date.parse('2026-03-02T04:00:00Z');
const served = {
  from: '2026-03-02T03:00:00Z', calls: 20, offered: 18, answered: 16, abandoned: 2, abandoned_short: 1,
  abandonment: 1 / 17, service_level: 0.9, service_judged: 18, service_unjudged: 0, asa_s: 12, longest_wait_s: 41,
};
const QUIET: Wall = {
  numbers: { calls: 1, agents: 1 },
  server_time: '2026-03-02T04:00:00Z',
  rate: 1,
  timezone: 'Asia/Shanghai',
  rule: { answer_s: 20, target: 0.8, reading: 'short_out', repeat_s: 86400, short_s: 5 },
  waiting: [],
  agents: { available: 3, reserved: 1, on_call: 4, wrap_up: 2, break: 1, offline: 9 },
  announced_at: null,
  callbacks_pending: 2,
  hour: served,
  day: served,
  carrier: { reports: 50, lag_s: 1, recovered: 0 },
};
const waiting = (...seconds: number[]): Wall['waiting'] =>
  seconds.map((s) => ({ queue: 'fault', since: new Date(NOW - s * 1000).toISOString() }));
const said = (wall: Wall): Record<string, string> =>
  Object.fromEntries(tiles(wall, NOW).map(({ key, said }) => [key, said]));

test('seven numbers, and nothing is said while nothing is wrong', () => {
  expect(said(QUIET)).toEqual({
    waiting: '0', longest: '–', level: '90%', answer: '00:12', abandoned: '6%', agents: '3/10', callbacks: '2',
  });
  expect(tiles(QUIET, NOW).every(({ level }) => level === 'normal')).toBe(true);
  expect(trouble(QUIET, NOW)).toBeNull();
});

test('the longest wait goes on by itself', () => {
  const wall = { ...QUIET, waiting: waiting(25, 3) };
  expect(longestS(wall, NOW)).toBe(25);
  expect(longestS(wall, NOW + 40_000)).toBe(65);
  expect(tiles(wall, NOW)[1]).toMatchObject({ said: '00:25', level: 'watch' });
  expect(tiles(wall, NOW + 40_000)[1]).toMatchObject({ said: '01:05', level: 'late' });
});

test('the worst is said alone', () => {
  const bad: Wall = {
    ...QUIET,
    waiting: waiting(70),
    agents: { ...QUIET.agents, available: 0, reserved: 0, on_call: 0, wrap_up: 0 },
    carrier: { reports: 9, lag_s: 60, recovered: 3 },
    hour: { ...served, service_level: 0.5 },
  };
  expect(trouble(bad, NOW)).toEqual(['wall.wrong.nobody', { count: 1 }]);
  const staffed = { ...bad, agents: QUIET.agents };
  expect(trouble(staffed, NOW)).toEqual(['wall.wrong.lag', { seconds: 60 }]);
  const punctual = { ...staffed, carrier: { ...bad.carrier, lag_s: 2 } };
  expect(trouble(punctual, NOW)?.[0]).toBe('wall.wrong.longest');
  const calm = { ...punctual, waiting: [] };
  expect(trouble(calm, NOW)).toEqual(['wall.wrong.level', { level: '50%', target: '80%' }]);
  expect(trouble({ ...calm, hour: served }, NOW)).toEqual(['wall.wrong.recovered', { count: 3 }]);
});

test('a share of hardly any calls is no alarm', () => {
  const few = { ...QUIET, hour: { ...served, service_level: 0, service_judged: 2 } };
  expect(trouble(few, NOW)).toBeNull();
});
