import type { BoardSnapshot, Centre, CrewRow, Delta, OrderRow, VehicleRow } from '../api/types';

/** The board as it stands at delta `number`. Never changed in place. */
export interface Board {
  readonly topic: string;
  readonly number: number;
  readonly orders: ReadonlyMap<string, OrderRow>;
  readonly crews: ReadonlyMap<string, CrewRow>;
  readonly vehicles: ReadonlyMap<string, VehicleRow>;
  readonly centres: ReadonlyMap<string, Centre>;
  readonly policy: BoardSnapshot['policy'];
}

const byId = <T extends { id: string }>(rows: readonly T[]): ReadonlyMap<string, T> =>
  new Map(rows.map((row) => [row.id, row]));

export function fromSnapshot(snapshot: BoardSnapshot): Board {
  return {
    topic: snapshot.topic,
    number: snapshot.number,
    orders: byId(snapshot.orders),
    crews: byId(snapshot.crews),
    vehicles: byId(snapshot.vehicles),
    centres: byId(snapshot.centres),
    policy: snapshot.policy,
  };
}

/**
 * Apply deltas in order. Numbers already seen are skipped (a delta may come twice). Returns null when a
 * number is missing: fetch a new snapshot.
 */
export function apply(board: Board, items: readonly Delta[]): Board | null {
  const orders = new Map(board.orders);
  const crews = new Map(board.crews);
  const vehicles = new Map(board.vehicles);
  const tables: Partial<Record<Delta['entity'], Map<string, unknown>>> = {
    order: orders,
    crew: crews,
    vehicle: vehicles,
  };
  let number = board.number;
  for (const item of items) {
    if (item.number <= number) continue;
    if (item.number > number + 1) return null;
    number = item.number;
    const table = tables[item.entity];
    if (item.value === null) table?.delete(item.key);
    else table?.set(item.key, item.value);
  }
  return number === board.number ? board : { ...board, number, orders, crews, vehicles };
}

/**
 * Put one order's fresh row on the board ahead of its delta: the answer to this screen's own
 * action. An older version never replaces a newer one.
 */
export function withOrder(board: Board, row: OrderRow): Board {
  const known = board.orders.get(row.id);
  if (!known || known.version >= row.version) return board;
  return { ...board, orders: new Map(board.orders).set(row.id, row) };
}
