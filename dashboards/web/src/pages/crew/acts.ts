import type { OrderDetail, OrderRow } from '../../lib/api/types';
import type { Step } from './steps';

/** What a crew taps; the server's own names. */
export type Doing = Step | 'hold' | 'resume' | 'place' | 'return' | 'away' | 'back' | 'help' | 'withdraw';

/**
 * keeping: not yet in the phone's store · kept: stored, to be sent · sending · applied: the server has
 * it · refused: it does not count, `why` says the reason.
 */
export type ActState = 'keeping' | 'kept' | 'sending' | 'applied' | 'refused';

/** One tap, with everything that is needed to send it however often and however late. */
export interface Act {
  /** The Idempotency-Key: the server applies it once. */
  key: string;
  /** Acts are sent in this order. */
  seq: number;
  /** The login that tapped; nobody else sends it. */
  user: string;
  doing: Doing;
  path: string;
  body: Record<string, string | number>;
  /** When it was tapped, server's clock, ISO; also in `body`. */
  at: string;
  orderId: string | null;
  assignmentId: string | null;
  number: string;
  state: ActState;
  /** Why it does not count: the server's sentence and code. */
  why?: string;
  code?: string;
}

export const isWaiting = (act: Act): boolean => act.state !== 'applied' && act.state !== 'refused';

/** The states that an act makes of others, as the server will; null takes the order off the screen. */
const BECOMES: Partial<Record<Doing, Record<string, string | null>>> = {
  accept: { sent: 'active' },
  activate: { accepted: 'active' },
  depart: { accepted: 'departed', active: 'departed' },
  arrive: { active: 'arrived', departed: 'arrived' },
  finish: { arrived: null },
  return: { sent: null, accepted: null, active: null, departed: null, arrived: null },
};
const POINT: Partial<Record<Doing, 'F' | 'G' | 'H'>> = { accept: 'F', depart: 'G', arrive: 'H' };
const ACTIVE = ['active', 'departed', 'arrived'];

/**
 * The crew's orders as they will be once the waiting acts have arrived: what the phone shows, so that
 * work goes on without signal. `details`: for the limit of the step that begins.
 */
export function foresee(
  orders: Iterable<OrderRow>,
  acts: readonly Act[],
  details: ReadonlyMap<string, OrderDetail> = new Map(),
): OrderRow[] {
  const rows = new Map([...orders].map((row) => [row.assignment?.id ?? row.id, row]));
  for (const act of acts) {
    const row = act.assignmentId === null ? undefined : rows.get(act.assignmentId);
    if (!row?.assignment || !isWaiting(act)) continue;
    if (act.doing === 'hold' || act.doing === 'resume') {
      rows.set(row.assignment.id, holding(row, act));
      continue;
    }
    if (act.doing === 'place') {
      rows.set(row.assignment.id, moved(row, act));
      continue;
    }
    let state = BECOMES[act.doing]?.[row.assignment.state];
    if (state === undefined) continue;
    if (state === null) {
      rows.delete(row.assignment.id);
      continue;
    }
    if (act.doing === 'accept' && [...rows.values()].some(isActive)) state = 'accepted';
    rows.set(row.assignment.id, after(row, act, state, details.get(row.id)));
  }
  return [...rows.values()];
}

/** The crew's own word on where it is counts on its screen at once. */
function moved(row: OrderRow, { body }: Act): OrderRow {
  return {
    ...row,
    lat: Number(body.lat),
    lon: Number(body.lon),
    place_source: 'crew',
    uncertainty_m: Number(body.uncertainty_m),
  };
}

/** A hold that was tapped lasts on the crew's screen at once; whether it counts is decided above. */
function holding(row: OrderRow, { doing, body, at, key, assignmentId }: Act): OrderRow {
  const others = row.holds.filter((each) => each.ended_at !== null);
  if (doing === 'resume') return { ...row, holds: others };
  const asked: OrderRow['holds'][number] = {
    id: key,
    kind: String(body.kind),
    state: 'requested',
    responsible: '',
    assignment_id: assignmentId,
    asked_role: 'crew',
    asked_at: at,
    begun_at: at,
    cap_at: null,
    ended_at: null,
    how: null,
    reason: null,
  };
  return { ...row, holds: [...others, asked] };
}

const isActive = (row: OrderRow): boolean => ACTIVE.includes(row.assignment?.state ?? '');

function after(row: OrderRow, act: Act, state: string, detail?: OrderDetail): OrderRow {
  const point = POINT[act.doing];
  const points = point ? { ...row.points, [point]: row.points[point] ?? act.at } : row.points;
  return {
    ...row,
    assignment: row.assignment && { ...row.assignment, state, queued: state === 'accepted' },
    points,
    running: point && points[point] ? running(point, points[point], detail) : row.running,
  };
}

/** The step that begins at a point, with the limit that the order's page told. */
function running(point: string, from: string, detail?: OrderDetail): OrderRow['running'] {
  const next = detail?.segments.find((segment) => segment.from_point === point);
  if (!next || next.code === 'AH') return null;
  const due = next.limit_s === null ? null : Date.parse(from) + next.limit_s * 1000;
  return {
    segment: next.code,
    from,
    limit_s: next.limit_s,
    due_at: due === null ? null : new Date(due).toISOString(),
    responsible: next.responsible.code,
    unit_id: null,
  };
}

/** Has supply been tapped as restored in this sending, and not been refused? */
export const restoredByTap = (order: OrderRow, acts: readonly Act[]): boolean =>
  acts.some(
    (act) =>
      act.doing === 'restore' &&
      act.assignmentId === order.assignment?.id &&
      act.state !== 'refused',
  );

/** What was refused, by order, oldest first. */
export function refusedByOrder(acts: readonly Act[]): Map<string, Act[]> {
  const found = new Map<string, Act[]>();
  for (const act of acts) {
    if (act.state !== 'refused') continue;
    const key = act.orderId ?? '';
    found.set(key, [...(found.get(key) ?? []), act]);
  }
  return found;
}
