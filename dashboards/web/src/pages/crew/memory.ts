import type { BoardSnapshot, OrderDetail, Reference, Session } from '../../lib/api/types';
import type { Board } from '../../lib/live/reducer';
import { serverClock } from '../../lib/time/clock.svelte';
import type { Offset } from '../../lib/time/offset';
import type { Store } from './store';

const NAME = 'last';
const RECALLED = 'recalled';

/** What a page that opens without signal shows: the last known orders, and whose they are. */
export interface Last {
  session: Session;
  reference: Reference | null;
  topic: string;
  number: number;
  policy: BoardSnapshot['policy'];
  orders: readonly BoardSnapshot['orders'][number][];
  crews: readonly BoardSnapshot['crews'][number][];
  vehicles: readonly BoardSnapshot['vehicles'][number][];
  details: readonly OrderDetail[];
  /** When this was so, on the server's clock, ms; and how that clock was measured. */
  asOf: number;
  clock: Offset;
}

export interface Recalled {
  orderId: string;
  /** Null where the order had left this screen before its recall came. */
  number: string | null;
}

export const recall = (store: Store): Promise<Last | undefined> =>
  store.get<Last>(NAME).catch(() => undefined);

/** Recalls that nobody has noted yet. */
export const recallsOf = async (store: Store): Promise<readonly Recalled[]> =>
  (await store.get<readonly Recalled[]>(RECALLED).catch(() => undefined)) ?? [];

export const keepRecalls = (store: Store, recalled: readonly Recalled[]): void =>
  void store.put(RECALLED, recalled).catch(() => {});

export async function forget(store: Store): Promise<void> {
  await Promise.all([store.drop(NAME), store.drop(RECALLED)]).catch(() => {});
}

export function remember(
  store: Store,
  session: Session,
  reference: Reference | null,
  board: Board,
  details: Iterable<OrderDetail>,
  asOf: number,
): void {
  const { topic, number, policy } = board;
  const last: Last = {
    // The token is of this login alone and is fetched anew; it has no place on a disk.
    session: { ...session, csrf_token: '' },
    reference,
    topic,
    number,
    policy,
    orders: [...board.orders.values()],
    crews: [...board.crews.values()],
    vehicles: [...board.vehicles.values()],
    details: [...details],
    asOf,
    clock: serverClock.measured,
  };
  void store.put(NAME, last).catch(() => {
    // Full: the page goes on, it will only have less to show without signal.
  });
}

const byId = <T extends { id: string }>(rows: readonly T[]): ReadonlyMap<string, T> =>
  new Map(rows.map((row) => [row.id, row]));

export function boardOf(last: Last): Board {
  return {
    topic: last.topic,
    number: last.number,
    orders: byId(last.orders),
    crews: byId(last.crews),
    vehicles: byId(last.vehicles),
    centres: new Map(),
    help: new Map(),
    policy: last.policy,
  };
}
