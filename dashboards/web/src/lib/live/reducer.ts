import type { BoardSnapshot, Centre, CrewRow, Delta, HelpCall, OrderRow, VehicleRow } from '../api/types';

/** The board as it stands at delta `number`. Never changed in place. */
export interface Board {
  readonly topic: string;
  readonly number: number;
  readonly orders: ReadonlyMap<string, OrderRow>;
  readonly crews: ReadonlyMap<string, CrewRow>;
  readonly vehicles: ReadonlyMap<string, VehicleRow>;
  readonly centres: ReadonlyMap<string, Centre>;
  /** Calls for help that nobody has ended. */
  readonly help: ReadonlyMap<string, HelpCall>;
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
    help: byId(snapshot.help),
    policy: snapshot.policy,
  };
}

/**
 * Apply deltas in order. Numbers already seen are skipped (a delta may come twice). Returns null when a
 * number is missing: fetch a new snapshot.
 */
export function apply(board: Board, items: readonly Delta[]): Board | null {
  const tables: Partial<Record<Delta['entity'], ReadonlyMap<string, unknown>>> = {
    order: board.orders,
    crew: board.crews,
    vehicle: board.vehicles,
    centre: board.centres,
    help: board.help,
  };
  const copies = new Map<Delta['entity'], Map<string, unknown>>();
  let number = board.number;
  for (const item of items) {
    if (item.number <= number) continue;
    if (item.number > number + 1) return null;
    number = item.number;
    const before = tables[item.entity];
    if (!before) continue;
    // Only what changes is copied: crews and vehicles may be thousands.
    const table = copies.get(item.entity) ?? new Map(before);
    copies.set(item.entity, table);
    if (item.value === null) table.delete(item.key);
    else table.set(item.key, item.value);
  }
  if (number === board.number) return board;
  return {
    ...board,
    number,
    orders: (copies.get('order') as Board['orders'] | undefined) ?? board.orders,
    crews: (copies.get('crew') as Board['crews'] | undefined) ?? board.crews,
    vehicles: (copies.get('vehicle') as Board['vehicles'] | undefined) ?? board.vehicles,
    centres: (copies.get('centre') as Board['centres'] | undefined) ?? board.centres,
    help: (copies.get('help') as Board['help'] | undefined) ?? board.help,
  };
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
