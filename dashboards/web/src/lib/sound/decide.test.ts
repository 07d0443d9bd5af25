import { describe, expect, test } from 'vitest';
import type { OrderRow, Session } from '../api/types';
import { aCrew, anOrder } from '../testing/rows';
import { alarmed, ask, earOf, ended, hold, newlyOverdue, QUIET, release, soundOf, type Ear, type Playing } from './decide';

const SINCE = '2026-01-01T00:00:00Z';
const ear = (desk: Ear['desk'], userId = `user-${desk}`): Ear => ({ desk, userId, unitId: `unit-${desk}` });
const step = (id: string, unit: string | null, user: string | null = null): OrderRow['sounds'][number] => ({
  id,
  unit_id: unit,
  user_id: user,
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
  const called = (...sounds: OrderRow['sounds']): OrderRow => anOrder({ sounds });
  const DESKS = ['hotline', 'supervisor', 'centre', 'crew'] as const;

  test.each([
    [step('1', 'unit-hotline'), ['hotline']],
    [step('1', 'unit-centre', 'user-somebody'), ['centre']],
    [step('1', 'unit-elsewhere', 'user-supervisor'), ['supervisor']],
    [step('1', null), []],
  ] as const)('a step is heard by whom it is for: %j', (one, heard) => {
    expect(DESKS.filter((desk) => soundOf(board(calm), board(called(one)), ear(desk)) === 'alarm')).toEqual(heard);
  });

  test('a step sounds once, not for as long as its ladder stands; the next one sounds again', () => {
    const first = called(step('1', 'unit-hotline'));
    expect(soundOf(board(first), board({ ...first, version: 2 }), ear('hotline'))).toBeNull();
    const second = called(step('1', 'unit-hotline'), step('2', 'unit-hotline'));
    expect(soundOf(board(first), board(second), ear('hotline'))).toBe('alarm');
    expect([alarmed(board(first), ear('hotline')), alarmed(board(calm), ear('hotline'))]).toEqual([true, false]);
  });

  test('an order arrives at a centre once with each sending', () => {
    const first = anOrder({ state: 'released', hop: hop('1') });
    expect(soundOf(board(), board(first), ear('centre'))).toBe('arrival');
    expect(soundOf(board(), board(first), ear('hotline'))).toBeNull();
    expect(soundOf(board(first), board({ ...first, version: 2 }), ear('centre'))).toBeNull();
    expect(soundOf(board(first), board({ ...first, hop: hop('2') }), ear('centre'))).toBe('arrival');
    expect(soundOf(board(first), board({ ...first, state: 'accepted' }), ear('centre'))).toBeNull();
  });

  test('with an alarm and an arrival at once the alarm is heard', () => {
    const came = anOrder({ id: 'came', state: 'released', hop: hop('1') });
    const late = { ...called(step('1', 'unit-centre')), id: 'late' };
    expect(soundOf(board(), board(came, late), ear('centre'))).toBe('alarm');
    expect(soundOf(board(), board(late, came), ear('centre'))).toBe('alarm');
  });
});

test('the ear follows from the rights', () => {
  const may = (...rights: string[]): Session => ({ user: { id: 'me', unit: { id: 'mine' }, rights } }) as unknown as Session;
  expect(earOf(may('order.release', 'alert.acknowledge'))).toEqual({ desk: 'hotline', userId: 'me', unitId: 'mine' });
  expect(earOf(may('order.dispatch', 'alert.acknowledge'))).toEqual({ desk: 'centre', userId: 'me', unitId: 'mine' });
  expect(earOf(may('crew.act'))).toEqual({ desk: 'crew', userId: 'me', unitId: 'mine' });
  expect(earOf(may('alert.acknowledge'))).toEqual({ desk: 'supervisor', userId: 'me', unitId: 'mine' });
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

  test('a vehicle that is not seen is heard behind all others, and takes nobody’s turn', () => {
    const unseen = (playing: Playing): Playing => ask(playing, 'unseen');
    expect(after(alarm, arrival, unseen, ended).now).toBe('arrival');
    expect(after(alarm, unseen, ended).now).toBe('unseen');
    expect(after(alarm, unseen, arrival, ended).now).toBe('arrival');
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
  expect(newlyOverdue(crews(null), crews(SINCE), ear('centre'))).toBe(true);
  expect(newlyOverdue(crews(SINCE), crews(SINCE), ear('centre'))).toBe(false);
  expect(newlyOverdue(crews(SINCE), crews(null), ear('centre'))).toBe(false);
  expect(newlyOverdue(crews(null), crews(SINCE), ear('hotline'))).toBe(false);
});
