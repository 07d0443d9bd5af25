import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ApiProblem, NotReached } from '../../lib/api/client';
import type { OrderRow } from '../../lib/api/types';
import { anOrder } from '../../lib/testing/rows';
import type { Act } from './acts';
import { Outbox, type Line } from './outbox.svelte';
import { MemoryStore } from './store';

/** A server that answers as it is told to, one answer for each try. */
class Server implements Line {
  readonly heard: string[] = [];
  readonly applied = vi.fn();
  readonly loginEnded = vi.fn();
  readonly loginChanged = vi.fn();
  readonly renew = vi.fn(() => Promise.resolve('u'));
  answers: (Error | null)[] = [];

  send(act: Act): Promise<OrderRow> {
    this.heard.push(act.key);
    const error = this.answers.shift() ?? null;
    return error ? Promise.reject(error) : Promise.resolve(anOrder());
  }
}

const tap = (key: string): Omit<Act, 'seq' | 'user' | 'state'> => ({
  key,
  doing: 'depart',
  path: '/api/x',
  body: {},
  at: '2026-01-01T00:00:00Z',
  orderId: 'order',
  assignmentId: 'a',
  number: '1',
});

const states = (outbox: Outbox): string[] => outbox.acts.map((act) => `${act.key} ${act.state}`);
const lost = (): Error => new NotReached(null);

describe('acts on their way', () => {
  let server: Server;
  let store: MemoryStore;

  beforeEach(() => {
    vi.useFakeTimers();
    server = new Server();
    store = new MemoryStore();
  });
  afterEach(() => vi.useRealTimers());

  async function opened(user = 'u'): Promise<Outbox> {
    const outbox = new Outbox(store, server);
    await outbox.enter(user);
    return outbox;
  }

  test('go out in order, the first again until it has arrived', async () => {
    const outbox = await opened();
    server.answers = [lost(), lost()];
    await outbox.add(tap('one'));
    await outbox.add(tap('two'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.heard).toEqual(['one', 'one', 'one', 'two']);
    expect(states(outbox)).toEqual(['one applied', 'two applied']);
    expect(server.applied).toHaveBeenCalledTimes(2);
  });

  test('survive the page: what was never answered is sent again under its key', async () => {
    const before = await opened();
    server.answers = Array.from({ length: 9 }, lost);
    await before.add(tap('one'));
    await vi.advanceTimersByTimeAsync(5_000);
    before.stop();
    server.answers = [];
    const after = await opened();
    await vi.advanceTimersByTimeAsync(0);
    expect(states(after)).toEqual(['one applied']);
    expect(new Set(server.heard)).toEqual(new Set(['one']));
  });

  test('a refusal is kept with its reason until it is noted; the next one goes on', async () => {
    const outbox = await opened();
    server.answers = [new ApiProblem(409, 'recalled', 'recalled at 10:00')];
    await outbox.add(tap('one'));
    await outbox.add(tap('two'));
    await vi.advanceTimersByTimeAsync(0);
    expect(states(outbox)).toEqual(['one refused', 'two applied']);
    expect(outbox.acts[0]?.why).toBe('recalled at 10:00');
    expect((await store.act('one'))?.state).toBe('refused');
    await outbox.note(outbox.acts.slice(0, 1));
    expect(states(outbox)).toEqual(['two applied']);
    expect(await store.act('one')).toBeUndefined();
  });

  test.each([503, 500, 429, 408])('an answer %i says nothing about the act', async (status) => {
    const outbox = await opened();
    server.answers = [new ApiProblem(status, 'x', 'x')];
    await outbox.add(tap('one'));
    expect(states(outbox)).toEqual(['one kept']);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(states(outbox)).toEqual(['one applied']);
  });

  test('an ended login keeps everything until the same person is back', async () => {
    const outbox = await opened();
    server.answers = [new ApiProblem(401, 'not_authenticated', '')];
    await outbox.add(tap('one'));
    await vi.advanceTimersByTimeAsync(600_000);
    expect(server.loginEnded).toHaveBeenCalledOnce();
    expect(states(outbox)).toEqual(['one kept']);
    const other = await opened('somebody else');
    await vi.advanceTimersByTimeAsync(600_000);
    expect([other.acts.length, other.others]).toEqual([0, 1]);
    expect(server.heard).toEqual(['one']);
    const back = await opened();
    await vi.advanceTimersByTimeAsync(0);
    expect(states(back)).toEqual(['one applied']);
  });

  test('a token of an earlier login is renewed and the act sent at once', async () => {
    const outbox = await opened();
    server.answers = [new ApiProblem(403, 'csrf', '')];
    await outbox.add(tap('one'));
    await vi.advanceTimersByTimeAsync(0);
    expect(server.renew).toHaveBeenCalledOnce();
    expect(states(outbox)).toEqual(['one applied']);
  });

  test('what the phone remembers waits until the server has said who is logged in', async () => {
    const before = await opened();
    server.answers = [lost()];
    await before.add(tap('one'));
    before.stop();
    const after = new Outbox(store, server);
    await after.open('u');
    await after.add(tap('two'));
    after.wake();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(states(after)).toEqual(['one kept', 'two kept']);
    expect(server.heard).toEqual(['one']);
    await after.enter('somebody else');
    await vi.advanceTimersByTimeAsync(600_000);
    expect([after.acts.length, after.others]).toEqual([0, 2]);
    expect(server.heard).toEqual(['one']);
    await after.enter('u');
    await vi.advanceTimersByTimeAsync(0);
    expect(states(after)).toEqual(['one applied', 'two applied']);
  });

  test('a login that became another one does not send the acts of the first', async () => {
    const outbox = await opened();
    server.answers = [new ApiProblem(403, 'csrf', '')];
    server.renew.mockResolvedValue('somebody else');
    await outbox.add(tap('one'));
    outbox.wake();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(server.heard).toEqual(['one']);
    expect(server.loginChanged).toHaveBeenCalledOnce();
    expect((await store.act('one'))?.state).toBe('kept');
  });

  test('what another tab has settled is not sent', async () => {
    const outbox = await opened();
    server.answers = [lost()];
    await outbox.add(tap('one'));
    const stored = await store.act('one');
    await store.putAct({ ...stored!, state: 'applied' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.heard).toEqual(['one']);
    expect(states(outbox)).toEqual(['one applied']);
  });
});
