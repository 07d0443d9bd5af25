import type { CrewRow, OrderRow, Session } from '../api/types';
import { openAlerts } from '../time/levels';

/** What is heard: something is wrong, something has come, or a caller waits. */
export type Sound = 'alarm' | 'arrival' | 'call';
/** Whose desk listens. */
export type Ear = 'hotline' | 'supervisor' | 'centre' | 'crew';

type Orders = ReadonlyMap<string, OrderRow>;
export type Crews = ReadonlyMap<string, CrewRow>;

/**
 * What concerns each desk: alarms of what it sent or holds, breaches of its own minutes, and the
 * promise. A supervisor acts on broken promises only.
 */
const CONCERNS: Record<Ear, ReadonlySet<string>> = {
  hotline: new Set(['not_accepted_centre', 'AB', 'AH']),
  supervisor: new Set(['AH']),
  centre: new Set(['not_accepted_centre', 'not_accepted_crew', 'CD', 'EF', 'FG', 'GH', 'AH']),
  crew: new Set(['not_accepted_crew']),
};

/** The desk at which somebody with these rights sits; null: nothing here needs their ear. */
export function earOf(session: Session | null): Ear | null {
  const rights = new Set(session?.user.rights);
  if (rights.has('order.release')) return 'hotline';
  if (rights.has('order.dispatch')) return 'centre';
  if (rights.has('crew.act')) return 'crew';
  return rights.has('alert.acknowledge') ? 'supervisor' : null;
}

const alarmsOf = (order: OrderRow | undefined, ear: Ear): string[] =>
  order
    ? openAlerts(order).flatMap((alert) => (CONCERNS[ear].has(alert.code) ? [alert.id] : []))
    : [];

/** Does anything that concerns this desk wait to be taken note of? */
export const alarmed = (orders: Orders, ear: Ear): boolean =>
  [...orders.values()].some((order) => alarmsOf(order, ear).length > 0);

/** The sending that has come to this desk and waits there; each sending has an id of its own. */
function waitingHere(order: OrderRow | undefined, ear: Ear): string | null {
  if (ear === 'centre') return order?.state === 'released' ? (order.hop?.id ?? null) : null;
  if (ear === 'crew') {
    return order?.assignment?.state === 'sent' ? order.assignment.id : null;
  }
  return null;
}

/** The one sound that a change of the board makes; an alarm outweighs any arrival. */
export function soundOf(before: Orders, after: Orders, ear: Ear): Sound | null {
  let sound: Sound | null = null;
  for (const [id, order] of after) {
    const was = before.get(id);
    if (was === order) continue;
    const known = new Set(alarmsOf(was, ear));
    if (alarmsOf(order, ear).some((alarm) => !known.has(alarm))) return 'alarm';
    const here = waitingHere(order, ear);
    if (here !== null && here !== waitingHere(was, ear)) sound = 'arrival';
  }
  return sound;
}

/** Has a crew of this centre not come back when it should? That is for its dispatcher to hear. */
export const newlyOverdue = (before: Crews, after: Crews, ear: Ear): boolean =>
  ear === 'centre' &&
  [...after].some(
    ([id, { overdue_since }]) => overdue_since !== null && before.get(id)?.overdue_since !== overdue_since,
  );

/** What sounds, what sounds next, and whether everything has to wait. */
export interface Playing {
  now: Sound | null;
  next: Sound | null;
  held: boolean;
}

export const QUIET: Playing = { now: null, next: null, held: false };

/** A sound never plays over another, and a repeated one folds into the one that plays or waits. */
export function ask(playing: Playing, sound: Sound): Playing {
  if (playing.now === sound) return playing;
  if (playing.now === null && !playing.held) return { ...playing, now: sound };
  return { ...playing, next: playing.next === 'alarm' ? 'alarm' : sound };
}

export const ended = (playing: Playing): Playing =>
  playing.held ? { ...playing, now: null } : { now: playing.next, next: null, held: false };

export const hold = (playing: Playing): Playing => ({
  now: null,
  next: playing.now === 'alarm' ? 'alarm' : (playing.next ?? playing.now),
  held: true,
});

export const release = (playing: Playing): Playing => ended({ ...playing, held: false });
