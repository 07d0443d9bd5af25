import { beforeEach, expect, test, vi } from 'vitest';
import type { Delta } from '../api/types';
import type { Review } from './breaches.svelte';

const get = vi.hoisted(() => vi.fn());
vi.mock('../api/client', () => ({ get }));
const { BreachFeed } = await import('./breaches.svelte');

const HOUR_MS = 3_600_000;
const ago = (hours: number): string => new Date(Date.now() - hours * HOUR_MS).toISOString();
const review = (id: string, hours: number): Review => ({ id, due_at: ago(hours) }) as Review;
const snapshot = (number: number, hours: number, ...reviews: Review[]): object => ({
  topic: 'breaches:all',
  number,
  server_time: ago(0),
  rate: 1,
  since: ago(hours),
  more: false,
  reviews,
  anomalies: [],
});
const change = (number: number, id: string, value: Review | null): Delta => ({ number, entity: 'review', key: id, value });
const ids = (feed: InstanceType<typeof BreachFeed>): string[] => [...(feed.reviews?.keys() ?? [])].sort();

beforeEach(() => get.mockReset());

test('deltas come, go and are skipped when seen; a missing number asks for a new snapshot', async () => {
  const feed = new BreachFeed();
  get.mockResolvedValue(snapshot(4, 24, review('a', 1)));
  await feed.fetch();
  expect(feed.apply([change(4, 'a', null), change(5, 'b', review('b', 0))])).toBe(true);
  expect([ids(feed), feed.number]).toEqual([['a', 'b'], 5]);
  expect(feed.apply([change(6, 'a', null)])).toBe(true);
  expect(ids(feed)).toEqual(['b']);
  expect(feed.apply([change(8, 'c', review('c', 0))])).toBe(false);
  expect([ids(feed), feed.number]).toEqual([['b'], 6]);
});

test('what is older than the period leaves, and an old one that changes does not come in', async () => {
  const feed = new BreachFeed();
  get.mockResolvedValue(snapshot(1, 24, review('a', 23.9)));
  await feed.fetch();
  expect(feed.apply([change(2, 'old', review('old', 30))])).toBe(true);
  expect(ids(feed)).toEqual(['a']);
});

test('another period is another snapshot; an answer to the former question is dropped', async () => {
  const feed = new BreachFeed();
  let answer = (_: object): void => {};
  get.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
  const first = feed.fetch();
  feed.hours = '168';
  get.mockResolvedValue(snapshot(9, 168, review('a', 1), review('b', 100)));
  await feed.fetch();
  answer(snapshot(7, 24, review('a', 1)));
  await first;
  expect([ids(feed), feed.number]).toEqual([['a', 'b'], 9]);
  expect(get.mock.calls.map(([path]) => String(path))).toEqual(['/api/breaches?hours=24', '/api/breaches?hours=168']);
});
