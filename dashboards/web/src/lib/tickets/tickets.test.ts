import { describe, expect, test } from 'vitest';
import type { OrderRow } from '../api/types';
import { anOrder } from '../testing/rows';
import { ACTS, possibleActs } from './acts';
import { bytes } from './bytes';
import { answerLeft } from './due';
import { found, fromSearch, listPath, olderPath, OPEN, toSearch, withOlder } from './filter';
import { mergeable } from './near';
import type { TicketRow } from './types';

const T0 = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number): string => new Date(T0 + seconds * 1000).toISOString();

describe('the filter', () => {
  test.each(['', '?view=mine', '?kind=complaint&q=%E5%BC%A0', '?view=closed&kind=praise'])(
    'is what the address %j says',
    (search) => expect(toSearch(fromSearch(search))).toBe(search),
  );
  test('leaves out words that nobody knows', () =>
    expect(fromSearch('?view=x&kind=y')).toEqual(OPEN));
  test('asks for what is at work, not for what is closed', () => {
    expect(listPath(OPEN)).toContain('state=transferred');
    expect(listPath(OPEN)).not.toContain('closed');
    expect(listPath({ ...OPEN, view: 'closed' })).toContain('state=closed');
  });
  test('finds by every word, wherever it stands', () => {
    const tickets = [{ number: 'T1', caller_name: '王小明' }, { number: 'T2', description: '停电' }] as unknown as TicketRow[];
    expect(found(tickets, '王 t1').map(({ number }) => number)).toEqual(['T1']);
    expect(found(tickets, ' ')).toBe(tickets);
  });
});

describe('what is not listed', () => {
  test('is looked for by the server', () => {
    expect(olderPath({ ...OPEN, query: ' ' })).toBeNull();
    expect(olderPath({ ...OPEN, view: 'closed', query: ' 王 停电 ' })).toBe(
      '/api/tickets?state=closed&limit=500&q=%E7%8E%8B+%E5%81%9C%E7%94%B5',
    );
  });
  test('stands behind what is listed, once', () => {
    const [one, two] = [{ id: '1' }, { id: '2' }] as TicketRow[];
    expect(withOlder([one!], [one!, two!])).toEqual([one, two]);
  });
});

describe('the time to answer', () => {
  const waits = { state: 'open', filed_at: at(0), due_at: at(1000), due_unknown: null } as const;
  test.each([
    [100, 'normal'],
    [600, 'watch'],
    [900, 'risk'],
    [1001, 'late'],
  ] as const)('after %d of 1000 seconds is %s', (seconds, level) =>
    expect(answerLeft(waits, T0 + seconds * 1000)?.level).toBe(level));
  test('is nobody’s once it is answered, or its order has the clock', () => {
    expect(answerLeft({ ...waits, due_at: null, due_unknown: 'calendar_ends' }, T0)).toEqual({ left: null, level: 'unknown' });
    expect(answerLeft({ ...waits, state: 'answered' }, T0)).toBeNull();
    expect(answerLeft({ ...waits, state: 'ordered' }, T0)).toBeNull();
  });
});

test('each act has a letter of its own, and none without the right', () => {
  expect(new Set(ACTS.map(({ letter }) => letter)).size).toBe(ACTS.length);
  const repair = possibleActs(['order'], new Set(['order.file']), 'fault_repair').map(({ code }) => code);
  expect(repair).toEqual(['order']);
  expect(possibleActs(['order'], new Set(['order.file']), 'enquiry')).toEqual([]);
  expect(possibleActs(['order'], new Set(['ticket.view']), 'fault_repair')).toEqual([]);
  const codes = possibleActs(['merge', 'close'], new Set(['ticket.work']), 'enquiry').map(({ code }) => code);
  expect(codes).toEqual(['relate', 'close']);
});

test('orders that are alike stand first, then those filed at about the same time', () => {
  const order = (id: string, filed: number, state: OrderRow['state'] = 'filed'): OrderRow =>
    anOrder({ id, number: id, state, filed_at: at(filed) });
  const orders = [order('far', 9000), order('near', 60), order('alike', 99_999), order('over', 0, 'closed'), order('own', 0)];
  const alike = new Map([['alike', { score: 0.9 }]]);
  const ids = mergeable(orders, alike, { filed_at: at(0), order_id: 'own' }).map(({ id }) => id);
  expect(ids).toEqual(['alike', 'near', 'far']);
});

test.each([
  [70, '70 B'],
  [1536, '1.5 KB'],
  [10 * 1024 * 1024, '10.0 MB'],
] as const)('%d is %s', (count, said) => expect(bytes(count)).toBe(said));
