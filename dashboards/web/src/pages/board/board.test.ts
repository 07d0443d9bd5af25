import { describe, expect, test } from 'vitest';
import { anOrder } from '../../lib/testing/rows';
import { possible, requests } from '../../lib/desk/actions';
import { arrange, distanceKm, matches } from '../../lib/desk/sorting';

const T0 = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number): string => new Date(T0 + seconds * 1000).toISOString();

describe('what can be done', () => {
  const lead = new Set(['order.release', 'order.recall', 'order.close', 'alert.acknowledge']);
  const dispatcher = new Set(['order.centre', 'order.dispatch', 'alert.acknowledge']);
  const codes = (order: ReturnType<typeof anOrder>, rights: ReadonlySet<string>): string[] =>
    possible(order, rights).map((action) => action.code);

  test.each([
    ['filed', ['release'], []],
    ['released', ['recall'], ['accept', 'dispatch', 'return']],
    ['accepted', ['recall'], ['dispatch', 'return']],
    ['returned', ['release'], []],
    ['finished', ['close'], []],
    ['closed', [], []],
  ] as const)('with a %s order', (state, byLead, byDispatcher) => {
    const order = anOrder({ state });
    expect(codes(order, lead)).toEqual(byLead);
    expect(codes(order, dispatcher)).toEqual(byDispatcher);
  });

  test('no letter means two things to anybody', () => {
    for (const rights of [lead, dispatcher]) {
      for (const state of ['filed', 'released', 'accepted', 'assigned', 'finished'] as const) {
        const letters = possible(anOrder({ state }), rights).map((action) => action.letter);
        expect(new Set(letters).size).toBe(letters.length);
      }
    }
  });

  test('each open alarm is acknowledged by its own id', () => {
    const alert = { code: 'x', kind: 'alarm', owner: 'crew', since: at(0), running: true } as const;
    const alerts = [
      { ...alert, id: '1', acknowledged: true },
      { ...alert, id: '2', acknowledged: false },
      { ...alert, id: '3', acknowledged: false, running: false },
    ];
    expect(requests(anOrder({ alerts }), 'acknowledge', {})).toEqual([
      { path: '/api/alerts/2/acknowledge', body: {} },
    ]);
  });
});

describe('the list', () => {
  const calm = anOrder({ id: 'calm', promise: { due_at: at(9000), limit_s: 9000, state: 'running', leave_by: null, spender: null, forecast: null } });
  const late = { ...calm, id: 'late', promise: { ...calm.promise, due_at: at(-1) } };
  const orders = new Map([calm, late].map((order) => [order.id, order]));

  test('nothing moves while it is held; what is new goes to the end', () => {
    expect(arrange(['gone', 'calm'], orders, T0, true)).toEqual(['gone', 'calm', 'late']);
    expect(arrange(['gone', 'calm'], orders, T0, false)).toEqual(['late', 'calm']);
  });

  test('every word is found, in any width and case', () => {
    expect(matches(['20260101-0001', '景山街道', null], '０００１ 景山')).toBe(true);
    expect(matches(['20260101-0001', 'Crew A'], 'crew b')).toBe(false);
  });

  test('distances are those of the sphere', () => {
    expect(distanceKm([0, 0], [0, 1])).toBeCloseTo(111.195, 2);
    expect(distanceKm([39.9, 116.4], [39.9, 116.4])).toBe(0);
  });
});
