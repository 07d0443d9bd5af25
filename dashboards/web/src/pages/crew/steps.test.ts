import { describe, expect, test } from 'vitest';
import type { OrderDetail, OrderRow } from '../../lib/api/types';
import { anOrder } from '../../lib/testing/rows';
import { arrange, isRestored, nextStep } from './steps';

const SENT = '2026-01-01T00:00:00Z';
const held = (id: string, state: string, sent_at = SENT): OrderRow =>
  anOrder({
    id,
    state: 'assigned',
    assignment: {
      id: `a-${id}`,
      attempt: 1,
      state,
      crew_id: 'crew',
      vehicle_id: null,
      sent_at,
      received_at: null,
      accepted_at: null,
      departed_at: null,
      arrived_at: null,
      queued: state === 'accepted',
      attempts: 1,
    } as NonNullable<OrderRow['assignment']>,
  });

describe('the queue of a crew', () => {
  const [early, late] = [held('early', 'sent', SENT), held('late', 'sent', '2026-01-01T00:05:00Z')];

  test('the active order is shown, whatever came before it', () => {
    const { shown, queue } = arrange([early, held('on', 'departed', '2026-01-01T09:00:00Z')]);
    expect(shown?.id).toBe('on');
    expect(queue.map(({ id }) => id)).toEqual(['early']);
  });

  test('without one, what is not accepted yet comes first', () => {
    const { shown, queue } = arrange([held('taken', 'accepted', '2025-12-31T00:00:00Z'), late, early]);
    expect(shown?.id).toBe('early');
    expect(queue.map(({ id }) => id)).toEqual(['late', 'taken']);
  });

  test('what is over is not shown', () => {
    expect(arrange([held('done', 'finished'), anOrder()])).toEqual({ shown: null, queue: [] });
  });
});

describe('the next step', () => {
  test.each([
    ['sent', true, false, 'accept'],
    ['accepted', true, false, null],
    ['accepted', false, false, 'activate'],
    ['active', true, false, 'depart'],
    ['departed', true, false, 'arrive'],
    ['arrived', true, false, 'restore'],
    ['arrived', true, true, 'finish'],
    ['recalled', false, false, null],
  ] as const)('of a %s order (busy %s, restored %s) is %s', (state, busy, restored, step) => {
    expect(nextStep(held('x', state), busy, restored)).toBe(step);
  });

  test('a restoration counts for the sending that made it', () => {
    const order = held('x', 'arrived');
    const detail = (id: string | null): OrderDetail =>
      ({ order, stamps: [{ point: 'restored', assignment_id: id }] }) as unknown as OrderDetail;
    expect([detail('a-x'), detail(null), detail('other'), null].map(isRestored)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
