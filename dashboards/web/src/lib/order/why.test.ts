import { describe, expect, test } from 'vitest';
import type { OrderRow } from '../api/types';
import { anOrder } from '../testing/rows';
import { answers, whyOf } from './why';

const T0 = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number): string => new Date(T0 + seconds * 1000).toISOString();
const none = anOrder().points;
const lost = (changes: Partial<OrderRow['lost'][number]>): OrderRow['lost'][number] => ({
  kind: 'segment',
  code: 'CD',
  responsible: 'centre',
  unit_id: 'east',
  start: at(0),
  spent_s: 600,
  limit_s: 120,
  over_s: 480,
  earlier: false,
  doubtful: false,
  ...changes,
});
const running = {
  segment: 'FG',
  from: at(1000),
  limit_s: 180,
  due_at: at(1180),
  responsible: 'crew',
  unit_id: 'east-1',
};

describe('why an order is late', () => {
  test('what ran over by most comes first, done or running', () => {
    const order = anOrder({ lost: [lost({})], running, points: { ...none, A: at(0) } });
    const soon = whyOf(order, T0 + 1240_000);
    expect(soon.main).toMatchObject({ code: 'CD', unitId: 'east', overS: 480, running: false });
    expect(soon.others).toMatchObject([{ code: 'FG', unitId: 'east-1', overS: 60, spentS: 240 }]);
    expect(soon.running).toBeNull();
    const later = whyOf(order, T0 + 2000_000);
    expect(later.main).toMatchObject({ code: 'FG', overS: 820, running: true });
    expect(later.main && answers(later.main)).toBe('east-1');
  });

  test('a running segment within its limit blames nobody', () => {
    const why = whyOf(anOrder({ running }), T0 + 1060_000);
    expect(why.main).toBeNull();
    expect(why.running).toMatchObject({ code: 'FG', spentS: 60, limitS: 180 });
  });

  test('time that was held before is not spent', () => {
    const moved = { ...running, due_at: at(1480) };
    expect(whyOf(anOrder({ running: moved }), T0 + 1400_000).running?.spentS).toBe(100);
  });

  test('what holds the clock counts as a whole, while it lasts and after', () => {
    const queued = { ...running, segment: 'queued', responsible: 'capacity', due_at: null, limit_s: null };
    expect(whyOf(anOrder({ running: queued }), T0 + 1600_000).main).toMatchObject({
      kind: 'queued',
      party: 'capacity',
      overS: 600,
    });
    const detour = lost({ kind: 'detour', code: 'detour', responsible: 'hotline', unit_id: null, over_s: 540 });
    const why = whyOf(anOrder({ lost: [lost({}), detour] }), T0);
    expect(why.main && answers(why.main)).toBe('hotline');
    expect(why.others.map(({ code }) => code)).toEqual(['CD']);
  });

  test('a queue is one cause, however many orders stood in front, and capacity answers for it', () => {
    const wait = { kind: 'queued', code: 'queued', responsible: 'capacity', unit_id: 'east-1' } as const;
    const queued = { ...running, ...wait, segment: 'queued', due_at: null, limit_s: null };
    const order = anOrder({
      lost: [lost({ ...wait, over_s: 100, spent_s: 100 }), lost({ ...wait, over_s: 200, spent_s: 200 })],
      running: queued,
    });
    const why = whyOf(order, T0 + 1050_000);
    expect(why.main).toMatchObject({ kind: 'queued', unitId: 'east-1', overS: 350, running: true });
    expect(why.others).toEqual([]);
    expect(why.main && answers(why.main)).toBe('capacity');
  });

  test('an attempt that was given up explains the detour and is not counted twice', () => {
    const why = whyOf(anOrder({ lost: [lost({ code: 'EF', over_s: 900, earlier: true }), lost({})] }), T0);
    expect(why.main?.code).toBe('CD');
    expect(why.earlier.map(({ code }) => code)).toEqual(['EF']);
  });

  test('what has no evidence is named', () => {
    expect(whyOf(anOrder(), T0).missing).toEqual(['A']);
    const torn = { ...none, A: at(0), B: at(1), D: at(2), E: at(3) };
    expect(whyOf(anOrder({ points: torn }), T0).missing).toEqual(['C']);
    expect(whyOf(anOrder({ points: { ...torn, A: null } }), T0).missing).toEqual(['A', 'C']);
    expect(whyOf(anOrder({ points: { ...none, A: at(0), B: at(1) } }), T0).missing).toEqual([]);
  });
});
