import type { CrewRow, OrderRow, Session } from '../api/types';

/** What is heard: a crew calls for help, something is wrong, something has come, a caller waits, a
   vehicle is not seen. */
export type Sound = 'help' | 'alarm' | 'arrival' | 'call' | 'unseen';
/** Who listens, and at which desk. */
export interface Ear {
  desk: 'hotline' | 'supervisor' | 'centre' | 'crew';
  userId: string;
  unitId: string;
}

type Orders = ReadonlyMap<string, OrderRow>;
export type Crews = ReadonlyMap<string, CrewRow>;

/** The ear of this person; null: nothing here needs it. */
export function earOf(session: Session | null): Ear | null {
  if (session === null) return null;
  const rights = new Set(session.user.rights);
  const of = (desk: Ear['desk']): Ear => ({ desk, userId: session.user.id, unitId: session.user.unit.id });
  if (rights.has('order.release')) return of('hotline');
  if (rights.has('order.dispatch')) return of('centre');
  if (rights.has('crew.act')) return of('crew');
  return rights.has('alert.acknowledge') ? of('supervisor') : null;
}

/** What the ladders let this person hear: a step for them, or for the desk of their unit. */
const heardOf = (order: OrderRow | undefined, ear: Ear): string[] =>
  (order?.sounds ?? []).flatMap(({ id, user_id, unit_id }) =>
    user_id === ear.userId || unit_id === ear.unitId ? [id] : [],
  );

/** Does a ladder that still stands call this person? */
export const alarmed = (orders: Orders, ear: Ear): boolean =>
  [...orders.values()].some((order) => heardOf(order, ear).length > 0);

/** The sending that has come to this desk and waits there; each sending has an id of its own. */
function waitingHere(order: OrderRow | undefined, ear: Ear): string | null {
  if (ear.desk === 'centre') return order?.state === 'released' ? (order.hop?.id ?? null) : null;
  if (ear.desk === 'crew') {
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
    const known = new Set(heardOf(was, ear));
    if (heardOf(order, ear).some((step) => !known.has(step))) return 'alarm';
    const here = waitingHere(order, ear);
    if (here !== null && here !== waitingHere(was, ear)) sound = 'arrival';
  }
  return sound;
}

/** Has a crew of this centre not come back when it should? That is for its dispatcher to hear. */
export const newlyOverdue = (before: Crews, after: Crews, ear: Ear): boolean =>
  ear.desk === 'centre' &&
  [...after].some(
    ([id, { overdue_since }]) => overdue_since !== null && before.get(id)?.overdue_since !== overdue_since,
  );

/** Help goes before an alarm, an alarm before all others, that a vehicle is not seen behind them; else
   the last one counts. */
const RANK: Record<Sound, number> = { help: 3, alarm: 2, arrival: 1, call: 1, unseen: 0 };
const graver = (one: Sound | null, other: Sound): Sound =>
  one !== null && RANK[one] > RANK[other] ? one : other;

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
  return { ...playing, next: graver(playing.next, sound) };
}

export const ended = (playing: Playing): Playing =>
  playing.held ? { ...playing, now: null } : { now: playing.next, next: null, held: false };

export const hold = (playing: Playing): Playing => ({
  now: null,
  next: playing.now === 'alarm' || playing.now === 'help' ? playing.now : (playing.next ?? playing.now),
  held: true,
});

export const release = (playing: Playing): Playing => ended({ ...playing, held: false });
