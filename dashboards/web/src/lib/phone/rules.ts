import type { Call, Id } from '../api/types';
import { t } from '../i18n/index.svelte';
import { clockTime, duration, millis } from '../time/format';
import { tapeAct, type TapeAct } from './tape';
import type { AgentRow, AgentState, Callback, CarrierSilence, Part, Word } from './types';

/** What an agent does with the telephone. */
export type Act =
  | 'hold'
  | 'resume'
  | 'park'
  | 'transfer'
  | 'complete'
  | 'back'
  | 'hang_up'
  | 'decline'
  | 'dispose'
  | 'extend'
  | 'done'
  | TapeAct;

/** Letters of the acts, with Alt: they work while one writes, too. */
export const LETTERS: Readonly<Record<Act, string>> = {
  hold: 'H',
  resume: 'H',
  park: 'P',
  transfer: 'T',
  complete: 'C',
  back: 'V',
  hang_up: 'X',
  decline: 'X',
  dispose: 'R',
  extend: 'E',
  done: 'A',
  tape_pause: 'S',
  tape_resume: 'S',
  tape_start: 'S',
};

/** Does Paidan connect this agent? Without a telephone calls are taken by hand. */
export const connected = (row: AgentRow | null): row is AgentRow => row?.has_phone === true;

export const speaking = (row: AgentRow | null): Part | null =>
  row?.calls.find(({ state }) => state === 'active') ?? null;

/** Colleagues in the call, or whose telephone rings for it. */
export const company = (me: Id, callId: Id, all: Iterable<AgentRow>): AgentRow[] =>
  [...all].filter(
    ({ id, offer, calls }) =>
      id !== me &&
      (offer?.call_id === callId || calls.some((part) => part.call_id === callId && part.state === 'active')),
  );

/** How it stands with the call in hand, and which call is in view. */
export interface Scene {
  viewed: Id | null;
  /** The customer hears music. */
  held: boolean;
  /** Somebody else is in the call, or is being called. */
  helped: boolean;
}

/** What fits now, in the order in which it is shown. */
export function possible(row: AgentRow | null, { viewed, held, helped }: Scene): Act[] {
  if (!connected(row)) return [];
  if (row.offer) return ['decline'];
  const part = speaking(row);
  if (part?.part === 'consulted') return ['hang_up'];
  const tape = part ? tapeAct(part) : null;
  const taped: Act[] = tape ? [tape] : [];
  if (part && helped) return ['complete', 'back', 'dispose', 'hang_up', ...taped];
  if (part) return [held ? 'resume' : 'hold', 'transfer', 'park', 'dispose', 'hang_up', ...taped];
  const parked = row.calls.some(({ call_id, state }) => state === 'parked' && call_id === viewed);
  if (row.state === 'available' && parked) return ['resume'];
  return row.state === 'wrap_up' ? ['dispose', 'extend', 'done'] : [];
}

/** What a call came to, from what was filed in it; null where a person has to say it. */
export function proposed(tickets: Call['tickets'], known: readonly Word[]): string | null {
  const code = tickets.some(({ kind }) => kind !== 'chase_up') ? 'ticket' : tickets.length > 0 ? 'chased' : null;
  return known.some((one) => one.code === code) ? code : null;
}

/** Who waits in a queue: how many, and since when the first of them. */
export interface Waiting {
  queue: string;
  count: number;
  since: number;
}

/**
 * Queues in which somebody waits, the longest wait first. Whom an agent has already waits no more,
 * though the carrier's word of it comes a moment later.
 */
export function waitingByQueue(calls: Iterable<Call>, agents: Iterable<AgentRow> = []): Waiting[] {
  const attended = new Set([...agents].flatMap((one) => one.calls.filter(({ state }) => state !== 'ended').map(({ call_id }) => call_id)));
  const found = new Map<string, Waiting>();
  for (const { id, stage, queue, queued_at, opened_at } of calls) {
    if ((stage !== 'queued' && stage !== 'offered') || !queue || attended.has(id)) continue;
    const since = millis(queued_at ?? opened_at) ?? 0;
    const known = found.get(queue);
    found.set(queue, { queue, count: (known?.count ?? 0) + 1, since: Math.min(known?.since ?? since, since) });
  }
  return [...found.values()].sort((a, b) => a.since - b.since || a.queue.localeCompare(b.queue));
}

const ORDER: readonly AgentState[] = ['on_call', 'reserved', 'wrap_up', 'available', 'break', 'offline'];

/** Agents by state, those in calls first; within a state who is in it longest. */
export const byState = (rows: Iterable<AgentRow>): AgentRow[] =>
  [...rows].sort(
    (a, b) =>
      ORDER.indexOf(a.state) - ORDER.indexOf(b.state) ||
      (millis(a.since) ?? 0) - (millis(b.since) ?? 0) ||
      a.id.localeCompare(b.id),
  );

/** Of the agents who are free, so many are near to the next caller. */
const NEAR = 2;

/** May the next caller come to this agent? The one who is free the longest is chosen, of those with the skills. */
export function nextInLine(me: AgentRow | null, all: Iterable<AgentRow>, queue: string | null): boolean {
  const free = byState(all).filter(
    ({ state, has_phone, serves }) => state === 'available' && has_phone && (queue === null || serves.includes(queue)),
  );
  return me !== null && free.slice(0, NEAR).some(({ id }) => id === me.id);
}

/** A telephone number as one may type it: spaces and dashes are left out. Null: it cannot be one. */
export function dialled(text: string): string | null {
  const number = text.replace(/[\s()-]/g, '');
  if (/^\+[1-9]\d{4,14}$/.test(number)) return number;
  return /^(sip:[^\s@]{1,64}@[^\s@]{1,190}|client:[\w.-]{1,100})$/.test(number) ? number : null;
}

const RANK: Partial<Record<Callback['state'], number>> = { failed: 0, waiting: 1, dialling: 2, talking: 3 };

/** An agent is calling the customer, or speaks with them: it waits for nobody. */
export const underWay = ({ state }: Callback): boolean => state === 'dialling' || state === 'talking';

/** Customers to be called back: those who wait for a person first, those whom somebody calls just now last; by the place in the queue. */
export const byPlace = (rows: Iterable<Callback>): Callback[] =>
  [...rows]
    .filter(({ state }) => state in RANK)
    .sort(
      (a, b) =>
        (RANK[a.state] ?? 0) - (RANK[b.state] ?? 0) || a.since.localeCompare(b.since) || a.id.localeCompare(b.id),
    );

/** Who sees to one that was tried in vain, and is alone with it; null: it waits for anybody. */
export function workedBy({ worked_by, worked_by_name, worked_at, worked_until }: Callback, nowMs: number): { id: Id; name: string; at: string; until: string } | null {
  if (!worked_by || !worked_at || !worked_until || (millis(worked_until) ?? 0) <= nowMs) return null;
  return { id: worked_by, name: worked_by_name ?? '', at: worked_at, until: worked_until };
}

/** Tried in vain, and nobody sees to it. */
export const needsPerson = (one: Callback, nowMs: number): boolean => one.state === 'failed' && workedBy(one, nowMs) === null;

/** From when on it will be tried again, else how long the customer has waited; empty while somebody calls. */
export function callbackTime(one: Callback, nowMs: number, locale: string): string {
  if (underWay(one)) return '';
  const later = one.state === 'waiting' && (millis(one.next_at) ?? 0) > nowMs;
  if (later) return t('phone.callback.from', { time: clockTime(one.next_at, nowMs, locale).slice(0, -3) });
  return duration(Math.max(0, nowMs - (millis(one.since) ?? nowMs)) / 1000);
}

/** The call in which an agent speaks, or that rings for the agent. */
export const callOf = ({ offer, calls }: AgentRow): Id | null =>
  calls.find(({ state }) => state === 'active')?.call_id ?? offer?.call_id ?? null;

/** Who takes part in a call beside the agent: `who` listens to, whispers to or speaks with `agent`. */
export interface Supervision {
  callId: Id;
  who: { id: Id | null; name: string };
  how: string;
  agent: AgentRow;
}

/** Every supervisor on the line, with the agent of that call. */
export function supervised(agents: Iterable<AgentRow>, calls: ReadonlyMap<Id, Call> | null): Supervision[] {
  const found: Supervision[] = [];
  for (const agent of agents) {
    const part = speaking(agent);
    for (const { id, name, how } of (part && calls?.get(part.call_id)?.supervisors) ?? []) {
      found.push({ callId: part?.call_id ?? '', who: { id, name }, how, agent });
    }
  }
  return found;
}

/** An answer that is only slow, and one that was lost and is looked up, are no silence. */
const SILENT_AFTER_MS = 10_000;

/** Whether the carrier has not answered for so long that it is told. */
export function isSilent(silence: CarrierSilence | null, now: number): boolean {
  const since = millis(silence?.since ?? null);
  return since !== null && now - since >= SILENT_AFTER_MS;
}
