import { describe, expect, test } from 'vitest';
import type { OrderDetail, OrderRow } from '../../lib/api/types';
import { anOrder } from '../../lib/testing/rows';
import { foresee, refusedByOrder, restoredByTap, type Act, type Doing } from './acts';

const AT = '2026-01-01T10:00:00.000Z';

const held = (id: string, state: string): OrderRow =>
  anOrder({
    id,
    number: id,
    state: 'assigned',
    assignment: { id: `a-${id}`, state, sent_at: AT } as NonNullable<OrderRow['assignment']>,
  });

const tap = (id: string, doing: Doing, changes: Partial<Act> = {}): Act => ({
  key: `${id} ${doing}`,
  seq: 1,
  user: 'u',
  doing,
  path: '',
  body: {},
  at: AT,
  orderId: id,
  assignmentId: `a-${id}`,
  number: id,
  state: 'kept',
  ...changes,
});

const states = (rows: OrderRow[]): Record<string, string> =>
  Object.fromEntries(rows.map((row) => [row.id, row.assignment?.state ?? '']));

describe('what the crew sees before the server has heard of it', () => {
  test('a whole order, tapped without signal', () => {
    const orders = [held('one', 'sent'), held('two', 'sent')];
    const taps = (['accept', 'depart', 'arrive', 'restore'] as const).map((doing) => tap('one', doing));
    const rows = foresee(orders, [...taps, tap('two', 'accept')]);
    expect(states(rows)).toEqual({ one: 'arrived', two: 'accepted' });
    expect(rows[0]?.points).toMatchObject({ F: AT, G: AT, H: AT });
    expect(restoredByTap(rows[0]!, taps)).toBe(true);
    const after = foresee(orders, [...taps, tap('two', 'accept'), tap('one', 'finish'), tap('two', 'activate')]);
    expect(states(after)).toEqual({ two: 'active' });
  });

  test('a return takes it off the screen', () => {
    expect(foresee([held('one', 'departed')], [tap('one', 'return')])).toEqual([]);
  });

  test.each(['applied', 'refused'] as const)('an act that is %s changes nothing', (state) => {
    expect(states(foresee([held('one', 'sent')], [tap('one', 'accept', { state })]))).toEqual({
      one: 'sent',
    });
  });

  test('what the server already knows is not done again, nor for an earlier sending', () => {
    const order = { ...held('one', 'arrived'), points: { ...held('one', 'x').points, F: '2026-01-01T09:00:00Z' } };
    const taps = [tap('one', 'accept'), tap('one', 'depart'), tap('one', 'arrive', { assignmentId: 'a-0' })];
    expect(foresee([order], taps)).toEqual([order]);
  });

  test('the step that begins runs with the limit the order told', () => {
    const limit = { code: 'FG', from_point: 'F', limit_s: 180, responsible: { code: 'crew' } };
    const detail = { segments: [limit] } as unknown as OrderDetail;
    const [row] = foresee([held('one', 'sent')], [tap('one', 'accept')], new Map([['one', detail]]));
    expect(row?.running).toMatchObject({ segment: 'FG', from: AT, due_at: '2026-01-01T10:03:00.000Z' });
    expect(foresee([held('one', 'sent')], [tap('one', 'accept')])[0]?.running).toBeNull();
  });
});

test('refused acts stand together by order', () => {
  const acts = [tap('one', 'depart', { state: 'refused' }), tap('two', 'accept'), tap('one', 'arrive', { state: 'refused' })];
  expect([...refusedByOrder(acts)].map(([id, all]) => [id, all.length])).toEqual([['one', 2]]);
});
