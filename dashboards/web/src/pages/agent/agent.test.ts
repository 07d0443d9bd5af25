import { describe, expect, test } from 'vitest';
import type { Call } from '../../lib/api/types';
import type { AgentRow } from '../../lib/phone/types';
import { proposed, SILENT_MS, SILENT_TALK_MS, sortCalls, standing } from './calls';

const NOW = Date.parse('2026-01-01T12:00:00Z');
const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString();
const ME = 'me';
const TICKET = { id: 't', kind: 'enquiry', order_id: null, order_number: null };

function aCall(changes: Partial<Call> = {}): Call {
  return {
    id: 'call',
    direction: 'in',
    stage: 'queued',
    queue: 'hotline',
    queued_at: null,
    outcome: null,
    held_since: null,
    third: false,
    supervisors: [],
    from_number: '+8613800138000',
    to_number: '+861095598',
    state: 'ringing',
    opened_at: ago(20),
    ended_at: null,
    end_state: null,
    taken_by: null,
    taken_at: null,
    tickets: [],
    ...changes,
  };
}
const by = (id: string): Partial<Call> => ({ taken_by: { id, name: id }, taken_at: ago(10) });
const over = (seconds = 5): Partial<Call> => ({ state: 'ended', ended_at: ago(seconds) });

describe('where a call stands', () => {
  test.each([
    ['waiting', aCall()],
    ['waiting', aCall({ state: 'in-progress' })],
    ['silent', aCall({ opened_at: ago(SILENT_MS / 1000 + 1) })],
    ['mine', aCall(by(ME))],
    ['mine', aCall({ ...by(ME), opened_at: ago(3600) })],
    ['silent', aCall({ ...by(ME), taken_at: ago(SILENT_TALK_MS / 1000 + 1) })],
    ['theirs', aCall(by('other'))],
    ['to_file', aCall({ ...by(ME), ...over() })],
    ['theirs', aCall({ ...by('other'), ...over() })],
    ['missed', aCall(over())],
    ['done', aCall(over(3601))],
    ['done', aCall({ ...over(), tickets: [TICKET] })],
    ['done', aCall({ ...by(ME), ...over(), tickets: [TICKET] })],
    ['mine', aCall({ ...by(ME), tickets: [TICKET] })],
  ] as const)('%s (%#)', (expected, call) => expect(standing(call, ME, NOW)).toBe(expected));
});

test('what waits longest stands first, what was missed last stands first', () => {
  const sorted = sortCalls(
    [
      aCall({ id: 'new', opened_at: ago(5) }),
      aCall({ id: 'old', opened_at: ago(50) }),
      aCall({ id: 'gone', ...over(100), opened_at: ago(200) }),
      aCall({ id: 'gone lately', ...over(10), opened_at: ago(100) }),
    ],
    ME,
    NOW,
  );
  expect(sorted.waiting.map(({ id }) => id)).toEqual(['old', 'new']);
  expect(sorted.missed.map(({ id }) => id)).toEqual(['gone lately', 'gone']);
});

test('the desk shows the call I talk in, then the one to file for, then who waits longest', () => {
  const waiting = aCall({ id: 'waiting' });
  const toFile = aCall({ id: 'to file', ...by(ME), ...over() });
  const mine = aCall({ id: 'mine', ...by(ME) });
  const shown = (...calls: Call[]): string | undefined => proposed(sortCalls(calls, ME, NOW))?.id;
  expect(shown(waiting, toFile, mine)).toBe('mine');
  expect(shown(waiting, toFile)).toBe('to file');
  expect(shown(waiting)).toBe('waiting');
  expect(shown(aCall(over()), aCall(by('other')))).toBeUndefined();
});

describe('where a call stands for an agent with a telephone', () => {
  const part = (state: 'active' | 'parked'): AgentRow['calls'][number] => ({
    call_id: 'call',
    part: 'main',
    state,
    queue: null,
    began_at: ago(5),
    disposition: null,
    recording: null,
    on_demand: false,
  });
  const line = (changes: Partial<AgentRow>): AgentRow => ({ offer: null, calls: [], ...changes }) as AgentRow;
  const offer = { call_id: 'call' } as AgentRow['offer'];
  test.each([
    ['offered', aCall(), line({ offer })],
    ['mine', aCall(by('other')), line({ calls: [part('active')] })],
    ['parked', aCall(by(ME)), line({ calls: [part('parked')] })],
    ['theirs', aCall(by(ME)), line({})], // passed on
    ['waiting', aCall(), line({})],
    ['to_file', aCall({ ...by(ME), ...over() }), line({})],
  ] as const)('%s (%#)', (expected, call, row) => expect(standing(call, ME, NOW, row)).toBe(expected));
});

describe('a call-back of ours', () => {
  const back = aCall({ direction: 'back', outcome: 'answered', ...over(2) });
  const line = { id: ME, state: 'wrap_up', call_id: 'call', offer: null, calls: [] as AgentRow['calls'] } as AgentRow;
  test('stays in view while I work on it, and is nobody’s missed call afterwards', () => {
    expect(standing(back, ME, NOW, line)).toBe('to_file');
    expect(standing({ ...back, tickets: [TICKET] }, ME, NOW, line)).toBe('done');
    expect(standing(back, ME, NOW, { ...line, state: 'available', call_id: null })).toBe('done');
    const older = aCall({ id: 'older', ...by(ME), ...over(1700) });
    expect(proposed(sortCalls([older, back], ME, NOW, line), 'call')?.id).toBe('call');
  });
});

describe('the call that was handed over', () => {
  const line = { id: ME, state: 'wrap_up', call_id: 'call', offer: null, calls: [] as AgentRow['calls'] } as AgentRow;
  const handed = aCall({ ...by(ME), stage: 'talking', state: 'in-progress' });
  test('stays on the desk while its after-call work goes on', () => {
    expect(standing(handed, ME, NOW, line)).toBe('handed');
    expect(standing(handed, ME, NOW, { ...line, state: 'available' })).toBe('theirs');
  });
  test('stays until that work is done where the customer was never reached', () => {
    const missed = aCall({ direction: 'back', stage: 'ended', ...over() });
    expect(standing(missed, ME, NOW, line)).toBe('to_file');
    expect(standing(missed, ME, NOW, { ...line, state: 'available', call_id: null })).toBe('missed');
  });
  test('comes before what is older and still to be filed, also when it ends meanwhile', () => {
    const older = aCall({ id: 'older', ...by(ME), ...over(600), opened_at: ago(900) });
    const ended = aCall({ ...by(ME), ...over() });
    expect(proposed(sortCalls([older, handed], ME, NOW, line), 'call')?.id).toBe('call');
    expect(proposed(sortCalls([older, ended], ME, NOW, line), 'call')?.id).toBe('call');
    expect(proposed(sortCalls([older, ended], ME, NOW, line))?.id).toBe('older');
  });
});
