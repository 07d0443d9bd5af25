import { describe, expect, test } from 'vitest';
import { orderLevel } from '../time/levels';
import { anOrder } from '../testing/rows';
import { EVERYTHING, fromSearch, isActive, passes, stageOf, toSearch, type Filter } from './filters';
import { newsOf, outline } from './news';

const T0 = Date.parse('2026-01-01T00:00:00Z');
const now = (): number => T0;
const assignment = {
  id: 'a', attempt: 1, crew_id: 'crew-1', vehicle_id: null, sent_at: null, received_at: null,
  accepted_at: null, departed_at: null, arrived_at: null, queued: false, called: null, attempts: 1,
};

describe('the filter', () => {
  test.each([
    [{ state: 'filed' }, 'hotline'],
    [{ state: 'returned' }, 'hotline'],
    [{ state: 'scheduled' }, 'later'],
    [{ state: 'released' }, 'centre'],
    [{ state: 'accepted' }, 'centre'],
    [{ state: 'assigned', assignment: { ...assignment, state: 'sent' } }, 'sent'],
    [{ state: 'assigned', assignment: { ...assignment, state: 'accepted' } }, 'preparing'],
    [{ state: 'assigned', assignment: { ...assignment, state: 'active' } }, 'preparing'],
    [{ state: 'assigned', assignment: { ...assignment, state: 'departed' } }, 'moving'],
    [{ state: 'finished' }, 'done'],
  ] as const)('%j is at %s', (changes, stage) => {
    expect(stageOf(anOrder(changes))).toBe(stage);
  });

  test('what is kept for later is fine, although no clock runs', () => {
    const kept = anOrder({ state: 'scheduled', running: null, promise: { due_at: null, limit_s: null, state: 'unknown', leave_by: null, spender: null, forecast: null } });
    expect(orderLevel(kept, T0)).toBe('normal');
    expect(orderLevel({ ...kept, state: 'filed' }, T0)).toBe('unknown');
  });

  test('each part leaves out what is something else', () => {
    const order = anOrder({ state: 'released', centre_id: 'east', trade: 'low_voltage', holder: { code: 'centre', unit_id: 'east', since: null } });
    const fits = (part: Partial<Filter>): boolean => passes(order, { ...EVERYTHING, ...part }, 'centre', now);
    expect(fits({})).toBe(true);
    expect([fits({ levels: ['unknown'] }), fits({ levels: ['late', 'risk'] })]).toEqual([true, false]);
    expect([fits({ stage: 'centre' }), fits({ stage: 'moving' })]).toEqual([true, false]);
    expect([fits({ centre: 'east' }), fits({ centre: 'west' })]).toEqual([true, false]);
    expect([fits({ trade: 'low_voltage' }), fits({ trade: 'any' })]).toEqual([true, false]);
    expect(fits({ mine: true })).toBe(true);
    expect(passes(order, { ...EVERYTHING, mine: true }, 'hotline', now)).toBe(false);
  });

  test('the address remembers it, and what it does not know is left out', () => {
    const filter: Filter = { levels: ['late', 'watch'], stage: 'moving', centre: 'east', trade: 'any', mine: true };
    expect(fromSearch(toSearch(filter))).toEqual(filter);
    expect([toSearch(EVERYTHING), isActive(EVERYTHING), isActive(filter)]).toEqual(['', false, true]);
    expect(fromSearch('?level=red.late&stage=moon&mine=yes')).toEqual({ ...EVERYTHING, levels: ['late'] });
  });
});

describe('what changed since it was looked at', () => {
  const order = anOrder();
  const seen = new Map([[order.id, outline(order)]]);

  test('an order never looked at is new, one that stands still is no news', () => {
    expect(newsOf(order, new Map())).toBe('new');
    expect(newsOf({ ...order, version: 9 }, seen)).toBeNull();
  });

  test.each([
    { state: 'released' as const },
    { chase_ups: 1 },
    { recall_unconfirmed: true },
    { alerts: [{ id: 'x', code: 'AB', kind: 'breach' as const, owner: 'hotline', since: null, acknowledged: false, running: true }] },
  ])('%j is', (changes) => {
    expect(newsOf({ ...order, ...changes }, seen)).toBe('changed');
  });
});
