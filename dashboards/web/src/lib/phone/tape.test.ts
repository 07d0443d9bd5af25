import { describe, expect, it } from 'vitest';
import { asked, tapeAct, tapeOf } from './tape';
import type { Part } from './types';

type Recording = NonNullable<Part['recording']>;
const part = (state: Recording['state'] | null, wanted: Recording['wanted'] = 'on', on_demand = false): Part => ({
  call_id: 'call',
  part: 'main',
  state: 'active',
  queue: null,
  began_at: '2024-07-01T04:00:00Z',
  disposition: null,
  recording: state && { id: 'tape', state, wanted, until: null, code: null },
  on_demand,
});

describe('the recording at the desk', () => {
  it.each([
    ['asked', 'on', 'beginning', 'tape_pause'],
    ['in-progress', 'on', 'recording', 'tape_pause'],
    ['in-progress', 'paused', 'pausing', 'tape_resume'],
    ['paused', 'paused', 'paused', 'tape_resume'],
    ['paused', 'on', 'beginning', 'tape_pause'],
    ['in-progress', 'off', null, null],
    ['ready', 'on', null, null],
    ['failed', 'on', 'failed', null],
  ] as const)('%s, wanted %s: %s', (state, wanted, tape, act) => {
    expect(tapeOf(part(state, wanted))).toBe(tape);
    expect(tapeAct(part(state, wanted))).toBe(act);
  });

  it('is never said to be paused before the carrier has done it', () => {
    expect(tapeOf(part('in-progress', 'paused'))).not.toBe('paused');
  });

  it('begins by hand only where the queue leaves it to the agent', () => {
    expect(tapeAct(part(null))).toBeNull();
    expect(tapeAct(part(null, 'on', true))).toBe('tape_start');
    expect(asked('tape_start')).toBe('start');
  });
});
