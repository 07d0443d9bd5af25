import type { Call, Id } from '../../lib/api/types';
import type { AgentRow } from '../../lib/phone/types';
import { millis } from '../../lib/time/format';

/** Where a call stands on an agent's desk. */
export type Standing =
  /** It rings at my telephone. */
  | 'offered'
  /** It waits on hold while I am free for others. */
  | 'parked'
  /** Rings or waits, nobody has it. */
  | 'waiting'
  /** Nothing was heard of it for so long that it can hardly still go on. */
  | 'silent'
  /** I have it and it goes on. */
  | 'mine'
  /** I have handed it over, and still work on it. */
  | 'handed'
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

/** `line`: the agent's row where Paidan connects the agent; what the telephone does counts then. */
export function standing(call: Call, me: Id, nowMs: number, line: AgentRow | null = null): Standing {
  const taker = call.taken_by?.id;
  if (call.state !== 'ended') {
    if (line) return onLine(call, line, nowMs);
    if (taker) {
      if (taker !== me) return 'theirs';
      return nowMs - (millis(call.taken_at) ?? nowMs) > SILENT_TALK_MS ? 'silent' : 'mine';
    }
    return nowMs - (millis(call.opened_at) ?? nowMs) > SILENT_MS ? 'silent' : 'waiting';
  }
  if (call.tickets.length > 0) return 'done';
  if (taker) return taker === me ? 'to_file' : 'theirs';
  if (wrapped(line) === call.id) return 'to_file'; // whom we called back is nobody's by name
  if (call.direction === 'back' && call.outcome === 'answered') return 'done';
  return nowMs - (millis(call.ended_at) ?? 0) < MISSED_MS ? 'missed' : 'done';
}

function onLine(call: Call, line: AgentRow, nowMs: number): Standing {
  if (line.offer?.call_id === call.id) return 'offered';
  const part = line.calls.find(({ call_id, state }) => call_id === call.id && state !== 'ended');
  if (part) return part.state === 'parked' ? 'parked' : 'mine';
  if (wrapped(line) === call.id) return 'handed';
  if (call.taken_by) return 'theirs';
  return nowMs - (millis(call.opened_at) ?? nowMs) > SILENT_MS ? 'silent' : 'waiting';
}

/** The call of which the after-call work goes on. */
export const wrapped = (line: AgentRow | null): Id | null => (line?.state === 'wrap_up' ? line.call_id : null);

/** When I came into the call; where I take calls by hand, when I took it. */
export const partOf = (call: Call, line: AgentRow | null): string | null =>
  line?.calls.find(({ call_id }) => call_id === call.id)?.began_at ?? call.taken_at ?? null;

export type Sorted = Record<Standing, Call[]>;

const oldest = (a: Call, b: Call): number =>
  (millis(a.opened_at) ?? 0) - (millis(b.opened_at) ?? 0) || a.id.localeCompare(b.id);

/** All calls by where they stand: those to be handled oldest first, those done newest first. */
export function sortCalls(
  calls: Iterable<Call>,
  me: Id,
  nowMs: number,
  line: AgentRow | null = null,
): Sorted {
  const sorted: Sorted = {
    offered: [],
    parked: [],
    waiting: [],
    silent: [],
    mine: [],
    handed: [],
    theirs: [],
    to_file: [],
    missed: [],
    done: [],
  };
  for (const call of calls) sorted[standing(call, me, nowMs, line)].push(call);
  for (const list of Object.values(sorted)) list.sort(oldest);
  sorted.mine.sort((a, b) => (millis(a.taken_at) ?? 0) - (millis(b.taken_at) ?? 0));
  sorted.done.reverse();
  sorted.missed.reverse();
  return sorted;
}

/**
 * The call that the desk shows by itself: the one I talk in, the one that rings at my telephone, the
 * one of which I do the after-call work, then the one that I have to file for, then whoever has
 * waited longest.
 */
export function proposed({ mine, offered, handed, to_file, waiting }: Sorted, after: Id | null = null): Call | null {
  const worked = to_file.find(({ id }) => id === after);
  return mine.at(-1) ?? offered[0] ?? handed[0] ?? worked ?? to_file[0] ?? waiting[0] ?? null;
}
