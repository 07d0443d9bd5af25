import { describe, expect, test } from 'vitest';
import type { OrderRow, Session } from '../api/types';
import { aCrew, anOrder } from '../testing/rows';
import { alarmed, ask, earOf, ended, hold, newlyOverdue, QUIET, release, soundOf, type Playing } from './decide';

const SINCE = '2026-01-01T00:00:00Z';
const alert = (code: string, changes = {}): OrderRow['alerts'][number] => ({
  id: code,
  code,
  kind: code.startsWith('not') ? 'alarm' : 'breach',
  owner: 'crew',
  since: SINCE,
  acknowledged: false,
  running: true,
  ...changes,
});
const hop = (id: string): OrderRow['hop'] => ({
  id,
  attempt: 1,
  sent_at: SINCE,
  received_at: null,
  accepted_at: null,
  attempts: 1,
  automatic: false,
});
const board = (...orders: OrderRow[]): Map<string, OrderRow> =>
  new Map(orders.map((order) => [order.id, order]));

describe('which change makes which sound', () => {
  const calm = anOrder();
  const alarm = (code: string, changes = {}): OrderRow => anOrder({ alerts: [alert(code, changes)] });

  test.each([
    ['not_accepted_centre', ['hotline', 'centre']],
    ['not_accepted_crew', ['centre', 'crew']],
    ['AB', ['hotline']],
    ['BC', []],
    ['CD', ['centre']],
    ['GH', ['centre']],
    ['AH', ['hotline', 'supervisor', 'centre']],
  ] as const)('%s concerns %j', (code, concerned) => {
    const heard = (['hotline', 'supervisor', 'centre', 'crew'] as const).filter(
      (ear) => soundOf(board(calm), board(alarm(code)), ear) === 'alarm',
    );
    expect(heard).toEqual(concerned);
  });

  test('an alarm sounds once, not for as long as it lasts', () => {
    const before = board(alarm('AB'));
    const later = board({ ...alarm('AB'), version: 2 });
    expect(soundOf(before, later, 'hotline')).toBeNull();
    const more = board(anOrder({ alerts: [alert('AB'), alert('AH')] }));
    expect(soundOf(before, more, 'hotline')).toBe('alarm');
  });

  test('what is acknowledged or over is silent', () => {
    expect(soundOf(board(calm), board(alarm('AB', { acknowledged: true })), 'hotline')).toBeNull();
    expect(soundOf(board(calm), board(alarm('AB', { running: false })), 'hotline')).toBeNull();
    expect(alarmed(board(alarm('AB', { acknowledged: true })), 'hotline')).toBe(false);
    expect(alarmed(board(alarm('AB')), 'hotline')).toBe(true);
  });

  test('an order arrives at a centre once with each sending', () => {
    const first = anOrder({ state: 'released', hop: hop('1') });
    expect(soundOf(board(), board(first), 'centre')).toBe('arrival');
    expect(soundOf(board(), board(first), 'hotline')).toBeNull();
    expect(soundOf(board(first), board({ ...first, version: 2 }), 'centre')).toBeNull();
    expect(soundOf(board(first), board({ ...first, hop: hop('2') }), 'centre')).toBe('arrival');
    expect(soundOf(board(first), board({ ...first, state: 'accepted' }), 'centre')).toBeNull();
  });

  test('with an alarm and an arrival at once the alarm is heard', () => {
    const came = anOrder({ id: 'came', state: 'released', hop: hop('1') });
    const late = { ...alarm('CD'), id: 'late' };
    expect(soundOf(board(), board(came, late), 'centre')).toBe('alarm');
    expect(soundOf(board(), board(late, came), 'centre')).toBe('alarm');
  });
});

test('the ear follows from the rights', () => {
  const may = (...rights: string[]): Session => ({ user: { rights } }) as unknown as Session;
  expect(earOf(may('order.release', 'alert.acknowledge'))).toBe('hotline');
  expect(earOf(may('order.dispatch', 'alert.acknowledge'))).toBe('centre');
  expect(earOf(may('crew.act'))).toBe('crew');
  expect(earOf(may('alert.acknowledge'))).toBe('supervisor');
  expect(earOf(may('board.view'))).toBeNull();
  expect(earOf(null)).toBeNull();
});

describe('sounds never stack', () => {
  const after = (...steps: ((playing: Playing) => Playing)[]): Playing =>
    steps.reduce((playing, step) => step(playing), QUIET);
  const alarm = (playing: Playing): Playing => ask(playing, 'alarm');
  const arrival = (playing: Playing): Playing => ask(playing, 'arrival');

  test('a repeated one folds, another waits its turn', () => {
    expect(after(alarm, alarm, alarm, ended)).toEqual(QUIET);
    expect(after(arrival, alarm)).toEqual({ now: 'arrival', next: 'alarm', held: false });
    expect(after(arrival, alarm, ended, arrival, ended)).toEqual({
      now: 'arrival',
      next: null,
      held: false,
    });
  });

  test('while held all wait as one, the alarm before the arrival', () => {
    expect(after(hold, arrival, alarm, arrival)).toEqual({ now: null, next: 'alarm', held: true });
    expect(after(hold, arrival, alarm, arrival, release)).toEqual({
      now: 'alarm',
      next: null,
      held: false,
    });
    expect(after(alarm, hold, ended)).toEqual({ now: null, next: 'alarm', held: true });
  });
});

test('a crew that is not back in time is heard at its centre, once', () => {
  const crews = (overdue_since: string | null): Map<string, ReturnType<typeof aCrew>> =>
    new Map([['crew-1', aCrew({ state: 'away', overdue_since })]]);
  expect(newlyOverdue(crews(null), crews(SINCE), 'centre')).toBe(true);
  expect(newlyOverdue(crews(SINCE), crews(SINCE), 'centre')).toBe(false);
  expect(newlyOverdue(crews(SINCE), crews(null), 'centre')).toBe(false);
  expect(newlyOverdue(crews(null), crews(SINCE), 'hotline')).toBe(false);
});
