import { describe, expect, test } from 'vitest';
import type { Call } from '../api/types';
import { byPlace, byState, callbackTime, company, dialled, isSilent, LETTERS, needsPerson, nextInLine, possible, proposed, supervised, waitingByQueue, workedBy } from './rules';
import type { AgentRow, Callback } from './types';

const AT = '2026-01-01T12:00:00Z';
const part = (changes: Partial<AgentRow['calls'][number]> = {}): AgentRow['calls'][number] => ({
  call_id: 'call',
  part: 'main',
  state: 'active',
  queue: 'fault',
  began_at: AT,
  disposition: null,
  recording: null,
  on_demand: false,
  ...changes,
});
function anAgent(changes: Partial<AgentRow> = {}): AgentRow {
  return {
    id: 'me',
    name: 'Me',
    state: 'available',
    reason: null,
    since: AT,
    until: null,
    call_id: null,
    next_state: null,
    next_reason: null,
    skills: { general: 3 },
    serves: ['hotline'],
    languages: [],
    has_phone: true,
    answers: true,
    offer: null,
    calls: [],
    ...changes,
  };
}
const OFFER: AgentRow['offer'] = {
  id: 'offer',
  kind: 'caller',
  call_id: 'call',
  callback_id: null,
  queue: 'fault',
  offered_at: AT,
  expires_at: AT,
};
const ALONE = { viewed: 'call', held: false, helped: false };
const onCall = anAgent({ state: 'on_call', calls: [part()] });

describe('what the telephone can do', () => {
  test.each([
    ['nothing without a telephone', anAgent({ ...onCall, has_phone: false }), ALONE, []],
    ['nothing while nobody calls', anAgent(), ALONE, []],
    ['decline what rings', anAgent({ state: 'reserved', offer: OFFER }), ALONE, ['decline']],
    ['all of it in a call', onCall, ALONE, ['hold', 'transfer', 'park', 'dispose', 'hang_up']],
    ['resume who is on hold', onCall, { ...ALONE, held: true }, ['resume', 'transfer', 'park', 'dispose', 'hang_up']],
    ['hand over, or come back', onCall, { ...ALONE, held: true, helped: true }, ['complete', 'back', 'dispose', 'hang_up']],
    ['leave, where one was only asked', anAgent({ state: 'on_call', calls: [part({ part: 'consulted' })] }), ALONE, ['hang_up']],
    ['take back the parked call in view', anAgent({ calls: [part({ state: 'parked' })] }), ALONE, ['resume']],
    ['not another one', anAgent({ calls: [part({ state: 'parked' })] }), { ...ALONE, viewed: 'other' }, []],
    ['not while wrapping up', anAgent({ state: 'wrap_up', calls: [part({ state: 'parked' })] }), ALONE, ['dispose', 'extend', 'done']],
  ] as const)('%s', (_, row, scene, acts) => expect(possible(row, scene)).toEqual(acts));

  test('no letter has two meanings at once', () => {
    const agents = [onCall, anAgent({ state: 'wrap_up' }), anAgent({ state: 'reserved', offer: OFFER })];
    for (const row of agents)
      for (const held of [true, false])
        for (const helped of [true, false]) {
          const letters = possible(row, { viewed: null, held, helped }).map((act) => LETTERS[act]);
          expect(new Set(letters).size).toBe(letters.length);
        }
  });
});

test('company is who speaks in my call, or is being called for it', () => {
  const asked = anAgent({ id: 'asked', state: 'reserved', offer: OFFER });
  const there = anAgent({ id: 'there', state: 'on_call', calls: [part({ part: 'consulted' })] });
  const gone = anAgent({ id: 'gone', calls: [part({ state: 'parked' })] });
  const all = [onCall, asked, there, gone, anAgent({ id: 'else', calls: [part({ call_id: 'other' })] })];
  expect(company('me', 'call', all).map(({ id }) => id)).toEqual(['asked', 'there']);
});

test('what was filed says what the call came to, where that word is known', () => {
  const words = ['ticket', 'chased'].map((code) => ({ code, zh: code, en: code, system: false }));
  const filed = (kind: string): Call['tickets'] => [{ id: 't', kind, order_id: null, order_number: null }];
  expect(proposed(filed('enquiry'), words)).toBe('ticket');
  expect(proposed(filed('chase_up'), words)).toBe('chased');
  expect(proposed([], words)).toBeNull();
  expect(proposed(filed('enquiry'), [])).toBeNull();
});

test('who waits is counted by queue, the longest wait first', () => {
  const call = (stage: Call['stage'], queue: string | null, queued_at: string): Call =>
    ({ stage, queue, queued_at, opened_at: AT }) as Call;
  const found = waitingByQueue([
    call('queued', 'fault', '2026-01-01T11:59:00Z'),
    call('offered', 'fault', '2026-01-01T11:58:00Z'),
    call('queued', 'enquiry', '2026-01-01T11:50:00Z'),
    call('talking', 'fault', '2026-01-01T11:00:00Z'),
    call('menu', null, '2026-01-01T11:00:00Z'),
  ]);
  expect(found.map(({ queue, count }) => [queue, count])).toEqual([['enquiry', 1], ['fault', 2]]);
  expect(found[1]?.since).toBe(Date.parse('2026-01-01T11:58:00Z'));
});

test('whom an agent has waits no more, whom an agent has passed on does', () => {
  const call = { id: 'call', stage: 'queued', queue: 'fault', queued_at: AT, opened_at: AT } as Call;
  const has = (state: 'active' | 'parked' | 'ended'): number => waitingByQueue([call], [anAgent({ calls: [part({ state })] })]).length;
  expect([has('active'), has('parked'), has('ended')]).toEqual([0, 0, 1]);
});

test('call-backs: those that wait for a person first, then by the place in the queue', () => {
  const row = (id: string, state: Callback['state'], since: string): Callback => ({ id, state, since }) as Callback;
  const rows = [
    row('late', 'waiting', '2026-01-01T12:05:00Z'),
    row('early', 'waiting', '2026-01-01T12:01:00Z'),
    row('over', 'cancelled', AT),
    row('failed', 'failed', '2026-01-01T12:09:00Z'),
  ];
  expect(byPlace(rows).map(({ id }) => id)).toEqual(['failed', 'early', 'late']);
});

test('whom somebody calls just now stands last, and waits for nobody', () => {
  const row = (id: string, state: Callback['state'], next_at: string | null = null): Callback =>
    ({ id, state, since: '2026-01-01T11:00:00Z', next_at }) as Callback;
  const rows = [row('talks', 'talking'), row('rings', 'dialling'), row('waits', 'waiting', AT), row('failed', 'failed'), row('over', 'done')];
  expect(byPlace(rows).map(({ id }) => id)).toEqual(['failed', 'waits', 'rings', 'talks']);
  const now = Date.parse(AT) + 60_000;
  expect(rows.slice(0, 4).map((one) => callbackTime(one, now, 'en-GB'))).toEqual(['', '', '1:01:00', '1:01:00']);
  const later = row('later', 'waiting', new Date(now + 3_600_000).toISOString());
  expect(callbackTime(later, now, 'en-GB')).toMatch(/^\d\d:01 后$/);
});

test('who took up a call-back has it until the time is over', () => {
  const until = new Date(Date.parse(AT) + 900_000).toISOString();
  const one = { id: 'one', state: 'failed', worked_by: 'me', worked_by_name: 'Me', worked_at: AT, worked_until: until } as Callback;
  expect(workedBy(one, Date.parse(until) - 1)).toEqual({ id: 'me', name: 'Me', at: AT, until });
  expect(workedBy(one, Date.parse(until))).toBeNull();
  expect([needsPerson(one, Date.parse(AT)), needsPerson(one, Date.parse(until))]).toEqual([false, true]);
  const free = { ...one, worked_by: null, worked_by_name: null, worked_at: null, worked_until: null };
  expect([workedBy(free, Date.parse(AT)), needsPerson(free, Date.parse(AT))]).toEqual([null, true]);
});

test('who listens to whom', () => {
  const boss = { id: 'boss', name: 'Boss', how: 'listen' };
  const calls = new Map([['call', { id: 'call', supervisors: [boss] } as unknown as Call]]);
  expect(supervised([onCall, anAgent({ id: 'idle' })], calls)).toEqual([
    { callId: 'call', who: { id: 'boss', name: 'Boss' }, how: 'listen', agent: onCall },
  ]);
});

test('agents stand by what they do, who has done it longest first', () => {
  const rows = [
    anAgent({ id: 'new', since: '2026-01-01T12:00:05Z' }),
    anAgent({ id: 'old' }),
    anAgent({ id: 'off', state: 'offline' }),
    anAgent({ ...onCall, id: 'talks' }),
  ];
  expect(byState(rows).map(({ id }) => id)).toEqual(['talks', 'old', 'new', 'off']);
});

test.each([
  ['+86 10 9559-80', '+8610955980'],
  ['client:agent7', 'client:agent7'],
  ['sip:desk@pbx.example', 'sip:desk@pbx.example'],
  ['10086', null],
  ['王师傅', null],
])('%s is dialled as %s', (typed, number) => expect(dialled(typed)).toBe(number));

describe('whose next caller it may be', () => {
  const free = (id: string, minute: number, changes: Partial<AgentRow> = {}): AgentRow =>
    anAgent({ id, since: `2026-01-01T11:${minute}:00Z`, serves: ['hotline', 'fault'], ...changes });
  const rows = [
    free('third', 30),
    free('first', 10),
    free('talks', 11, { state: 'on_call' }),
    free('by hand', 12, { has_phone: false }),
    free('other queue', 15, { serves: ['general'] }),
    free('second', 20),
  ];
  const next = (queue: string | null): string[] =>
    rows.filter((row) => nextInLine(row, rows, queue)).map(({ id }) => id);

  test('those who are free the longest, of those who serve the queue', () => {
    expect(next('fault')).toEqual(['first', 'second']);
    expect(next('general')).toEqual(['other queue']);
  });
  test('in the menu nobody knows the queue', () => expect(next(null)).toEqual(['first', 'other queue']));
  test('nobody without a telephone', () => expect(nextInLine(null, rows, 'fault')).toBe(false));
});

test('a carrier is silent that has answered nothing for ten seconds', () => {
  const silence = { id: 'carrier', since: AT, waiting: 2 };
  const then = Date.parse(AT);
  expect([null, silence].map((one) => isSilent(one, then + 10_000))).toEqual([false, true]);
  expect(isSilent(silence, then + 9_999)).toBe(false);
});
