import type { Call, Id } from '../../lib/api/types';
import { millis } from '../../lib/time/format';

/** Where a call stands on an agent's desk. */
export type Standing =
  /** Rings or waits, nobody has it. */
  | 'waiting'
  /** Nothing was heard of it for so long that it can hardly still go on. */
  | 'silent'
  /** I have it and it goes on. */
  | 'mine'
  /** A colleague has it. */
  | 'theirs'
  /** It is over, was mine, and has no ticket. */
  | 'to_file'
  /** It is over, nobody took it, and it has no ticket. */
  | 'missed'
  /** It is over and has its ticket, or is nobody's work any more. */
  | 'done';

/** No caller rings longer; a call that does has lost its end on the way. */
export const SILENT_MS = 10 * 60_000;
/** No caller talks to the hotline longer; the same holds then. */
export const SILENT_TALK_MS = 60 * 60_000;
/** How long a call that nobody took is offered for filing or calling back. */
const MISSED_MS = 60 * 60_000;

export function standing(call: Call, me: Id, nowMs: number): Standing {
  const taker = call.taken_by?.id;
  if (call.state !== 'ended') {
    if (taker) {
      if (taker !== me) return 'theirs';
      return nowMs - (millis(call.taken_at) ?? nowMs) > SILENT_TALK_MS ? 'silent' : 'mine';
    }
    return nowMs - (millis(call.opened_at) ?? nowMs) > SILENT_MS ? 'silent' : 'waiting';
  }
  if (call.tickets.length > 0) return 'done';
  if (taker) return taker === me ? 'to_file' : 'theirs';
  return nowMs - (millis(call.ended_at) ?? 0) < MISSED_MS ? 'missed' : 'done';
}

export type Sorted = Record<Standing, Call[]>;

const oldest = (a: Call, b: Call): number =>
  (millis(a.opened_at) ?? 0) - (millis(b.opened_at) ?? 0) || a.id.localeCompare(b.id);

/** All calls by where they stand: those to be handled oldest first, those done newest first. */
export function sortCalls(calls: Iterable<Call>, me: Id, nowMs: number): Sorted {
  const sorted: Sorted = {
    waiting: [],
    silent: [],
    mine: [],
    theirs: [],
    to_file: [],
    missed: [],
    done: [],
  };
  for (const call of calls) sorted[standing(call, me, nowMs)].push(call);
  for (const list of Object.values(sorted)) list.sort(oldest);
  sorted.mine.sort((a, b) => (millis(a.taken_at) ?? 0) - (millis(b.taken_at) ?? 0));
  sorted.done.reverse();
  sorted.missed.reverse();
  return sorted;
}

/**
 * The call that the desk shows by itself: the one I talk in, then the one that I have to file for,
 * then whoever has waited longest.
 */
export function proposed({ mine, to_file, waiting }: Sorted): Call | null {
  return mine.at(-1) ?? to_file[0] ?? waiting[0] ?? null;
}
