import { describe, expect, test } from 'vitest';
import { anOrder } from '../testing/rows';
import { duration, signed } from './format';
import { byUrgency, held, orderLevel, promiseLeft, segmentLeft } from './levels';
import { fromMessage, fromRoundTrip, serverMs, UNMEASURED } from './offset';

const T0 = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number): string => new Date(T0 + seconds * 1000).toISOString();
const none = anOrder().points;

describe('lengths of time', () => {
  test.each([
    [0, '00:00'],
    [59.9, '00:59'],
    [125, '02:05'],
    [3600, '1:00:00'],
    [-61, '\u221201:01'],
  ])('%d s is %s', (seconds, said) => expect(duration(seconds)).toBe(said));

  test('a difference carries its sign', () => {
    expect([signed(61), signed(0.4), signed(-0.4), signed(-90)]).toEqual([
      '+01:01',
      '00:00',
      '00:00',
      '\u221201:30',
    ]);
  });
});

describe("the server's clock", () => {
  test('is measured from the middle of a round trip, the shortest one counting', () => {
    const rough = fromRoundTrip(UNMEASURED, T0 + 5000, T0, T0 + 800);
    expect(rough.ms).toBe(4600);
    const fine = fromRoundTrip(rough, T0 + 5000, T0 + 100, T0 + 140);
    expect(fine).toMatchObject({ ms: 4880, errorMs: 20 });
    expect(fromRoundTrip(fine, T0 + 5000, T0, T0 + 900)).toBe(fine);
  });

  test('follows when a clock was set', () => {
    const offset = { ...UNMEASURED, ms: 0, errorMs: 20 };
    expect(fromRoundTrip(offset, T0 + 60_000, T0, T0 + 400).ms).toBe(59_800);
    expect(fromMessage(offset, T0 - 60_000, T0).ms).toBe(-60_000);
  });

  test('a message on its way only shows that the server is further ahead', () => {
    const offset = { ...UNMEASURED, ms: 100, errorMs: 20 };
    expect(fromMessage(offset, T0 + 150, T0).ms).toBe(150);
    expect(fromMessage(offset, T0 - 500, T0)).toBe(offset);
  });
});

describe('a server at another pace', () => {
  const fast = fromRoundTrip(UNMEASURED, T0, 1000, 1000, 60);

  test('gains as many seconds as it says', () => {
    expect(serverMs(fast, 1000)).toBe(T0);
    expect(serverMs(fast, 2000)).toBe(T0 + 60_000);
  });

  test('the newest measurement counts, however long it took', () => {
    const later = fromRoundTrip(fast, T0 + 60_500, 2000, 2400, 60);
    expect(serverMs(later, 2200)).toBe(T0 + 60_500);
    expect(serverMs(fromMessage(later, T0 + 90_000, 3000), 4000)).toBe(T0 + 150_000);
  });

  test('that has caught up counts real seconds from that message on', () => {
    const met = fromMessage(fast, T0 + 600_000, 11_000, 1);
    expect(serverMs(met, 11_000)).toBe(T0 + 600_000);
    expect(serverMs(met, 12_000)).toBe(T0 + 601_000);
    expect(fromMessage(met, T0 + 601_000 - 40, 12_000, 1)).toBe(met);
  });
});

describe('the urgency scale', () => {
  const promise = { due_at: at(2700), limit_s: 2700, state: 'running', leave_by: null, spender: null, forecast: null } as const;
  const waiting = anOrder({ promise, points: { ...none, A: at(0) } });
  const moving = anOrder({ promise, points: { ...none, A: at(0), G: at(900) } });

  test.each([
    [waiting, 300, 'normal'],
    [waiting, 800, 'watch'],
    [waiting, 1200, 'risk'],
    [moving, 1200, 'normal'],
    [moving, 1900, 'watch'],
    [moving, 2500, 'risk'],
    [moving, 2701, 'late'],
  ] as const)('what is left decides (%#)', (order, seconds, level) => {
    expect(orderLevel(order, T0 + seconds * 1000)).toBe(level);
  });

  test('a promise without evidence is unknown, never normal', () => {
    expect(orderLevel(anOrder(), T0)).toBe('unknown');
    const running = { segment: 'CD', from: at(0), limit_s: 120, due_at: at(120), responsible: 'centre', unit_id: null };
    expect(orderLevel(anOrder({ running }), T0 + 60_000)).toBe('unknown');
    expect(orderLevel(anOrder({ running }), T0 + 121_000)).toBe('risk');
  });

  test('a segment over its limit, or an open alarm, puts a quiet order at risk', () => {
    const running = { segment: 'CD', from: at(0), limit_s: 120, due_at: at(120), responsible: 'centre', unit_id: null };
    expect(orderLevel({ ...waiting, running }, T0 + 60_000)).toBe('normal');
    expect(orderLevel({ ...waiting, running }, T0 + 100_000)).toBe('watch');
    expect(orderLevel({ ...waiting, running }, T0 + 121_000)).toBe('risk');
    expect(segmentLeft({ ...waiting, running }, T0 + 121_000)).toEqual({ left: -1, level: 'late' });
    const alarm = { id: 'a', code: 'x', kind: 'alarm', owner: 'crew', since: at(1), running: true } as const;
    expect(orderLevel({ ...waiting, alerts: [{ ...alarm, acknowledged: false }] }, T0)).toBe('risk');
    expect(orderLevel({ ...waiting, alerts: [{ ...alarm, acknowledged: true }] }, T0)).toBe('normal');
  });

  test('a held clock counts what it has waited and alarms nobody', () => {
    const holding = { from: at(60), limit_s: null, due_at: null, responsible: 'capacity', unit_id: null };
    for (const segment of ['queued', 'detour'] as const) {
      const order = { ...waiting, running: { segment, ...holding } };
      expect(held(order, T0 + 150_000)).toEqual({ by: segment, forS: 90 });
      expect(segmentLeft(order, T0 + 150_000)).toEqual({ left: null, level: 'normal' });
      expect(orderLevel(order, T0 + 150_000)).toBe('normal');
    }
    const running = { segment: 'CD', from: at(0), limit_s: 120, due_at: at(120), responsible: 'centre', unit_id: null };
    expect(held({ ...waiting, running }, T0)).toBeNull();
    expect(held(waiting, T0)).toBeNull();
  });

  test('after the arrival the promise stands still', () => {
    const points = { ...none, A: at(0), H: at(2000) };
    const arrived = anOrder({ points, promise: { ...promise, state: 'met' } });
    expect(promiseLeft(arrived, T0 + 9_000_000)).toEqual({ left: 700, level: 'normal' });
  });

  test('the most urgent stands first, the arrived last', () => {
    const rows = [
      anOrder({ id: 'arrived', promise: { ...promise, state: 'broken' }, points: { ...none, H: at(1) } }),
      { ...waiting, id: 'calm' },
      anOrder({ id: 'unknown' }),
      { ...waiting, id: 'late', promise: { ...promise, due_at: at(-5) } },
      { ...waiting, id: 'hurt', urgency: 3 },
    ];
    expect(byUrgency(rows, T0 + 60_000).map((row) => row.id)).toEqual([
      'late',
      'unknown',
      'hurt',
      'calm',
      'arrived',
    ]);
  });
});
