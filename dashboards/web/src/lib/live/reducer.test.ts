import { describe, expect, test } from 'vitest';
import type { BoardSnapshot, CrewRow, Delta, OrderRow } from '../api/types';
import { aCrew, anOrder } from '../testing/rows';
import { apply, fromSnapshot, withOrder, type Board } from './reducer';

const crew = aCrew();

const snapshot = (number: number, orders: OrderRow[], crews: CrewRow[] = [crew]): BoardSnapshot => ({
  topic: 'board:all',
  number,
  server_time: '2026-01-01T00:00:00Z',
  rate: 1,
  orders,
  crews,
  vehicles: [],
  centres: [],
  help: [],
  policy: { code: 'beijing', version: 1 },
});

const change = (number: number, row: OrderRow): Delta => ({
  number,
  entity: 'order',
  key: row.id,
  value: row,
});

/** Maps compare by content and order; only the content matters here. */
const plain = (board: Board | null): unknown =>
  board && {
    number: board.number,
    orders: Object.fromEntries([...board.orders].sort()),
    crews: Object.fromEntries([...board.crews].sort()),
  };

describe('a board', () => {
  const one = anOrder({ id: 'one', version: 1 });
  const two = anOrder({ id: 'two', version: 1 });

  test('old snapshot and deltas equal a fresh snapshot', () => {
    const released = anOrder({ id: 'one', state: 'released', version: 2 });
    const busy: CrewRow = { ...crew, state: 'busy' };
    const board = apply(fromSnapshot(snapshot(7, [one])), [
      change(8, two),
      change(9, released),
      { number: 10, entity: 'crew', key: crew.id, value: busy },
      { number: 11, entity: 'order', key: 'two', value: null },
    ]);
    expect(plain(board)).toEqual(plain(fromSnapshot(snapshot(11, [released], [busy]))));
  });

  test('a delta that came before is not applied again', () => {
    const board = fromSnapshot(snapshot(7, [one]));
    const old = anOrder({ id: 'one', state: 'closed' });
    expect(apply(board, [change(6, old), change(7, old)])).toBe(board);
    const next = apply(board, [change(7, old), change(8, two)]);
    expect(plain(next)).toEqual(plain(fromSnapshot(snapshot(8, [one, two]))));
  });

  test('a missing number asks for a fresh snapshot and changes nothing', () => {
    const board = fromSnapshot(snapshot(7, [one]));
    expect(apply(board, [change(8, two), change(10, two)])).toBeNull();
    expect([...board.orders.keys()]).toEqual(['one']);
  });

  test('deltas split over messages give the same board as all at once', () => {
    const start = fromSnapshot(snapshot(0, []));
    const items = [change(1, one), change(2, two), change(3, anOrder({ id: 'one', urgency: 2 }))];
    const first = apply(start, items.slice(0, 2));
    expect(plain(first && apply(first, items.slice(1)))).toEqual(plain(apply(start, items)));
  });

  test('rows that did not change keep their identity', () => {
    const board = fromSnapshot(snapshot(7, [one, two]));
    const next = apply(board, [change(8, anOrder({ id: 'two', urgency: 3 }))]);
    expect(next?.orders.get('one')).toBe(one);
  });

  test("an action's answer is shown at once, but never over something newer", () => {
    const board = fromSnapshot(snapshot(7, [anOrder({ id: 'one', version: 4 })]));
    const answered = anOrder({ id: 'one', version: 5, state: 'accepted' });
    expect(withOrder(board, answered).orders.get('one')).toBe(answered);
    expect(withOrder(board, anOrder({ id: 'one', version: 3 }))).toBe(board);
    expect(withOrder(board, anOrder({ id: 'gone' }))).toBe(board);
  });
});
