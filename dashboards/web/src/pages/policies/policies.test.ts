import { describe, expect, it } from 'vitest';
import { linesOf } from '../../lib/api/stream';
import { byLine, lineAt, startOf } from './gutter';
import { spanOf } from './period';
import { limitOf, previewOf, secondsOf, unitOf, type PolicyData } from './preview';
import { changeable, leftOut, leftOutSum, spreadOf, type Line } from './spread';

const NAME = { zh: '甲', en: 'A' };
const limit = (limit_s: number, when: Record<string, unknown> = {}) => ({ limit_s, limit: null, when, responsible: null });
const rule = (code: string, from: string, to: string, ...limits: ReturnType<typeof limit>[]) => ({
  code, name: NAME, from, to, responsible: 'crew', limits,
});
const POLICY: PolicyData = {
  code: 'x',
  version: 1,
  warn_share: 0.8,
  warn_left_s: null,
  parties: { crew: NAME },
  segments: [
    rule('AB', 'A', 'B', limit(120)),
    rule('BC', 'B', 'C', limit(60, { same_site: true }), limit(240, { same_site: false })),
  ],
  total: rule('AC', 'A', 'C', limit(300, { area_class: ['urban'] }), limit(600)),
  goals: [rule('CR', 'C', 'restored', limit(600)), rule('late', 'A', 'closed', limit(604_800))],
  timers: [{ code: 'alarm', name: NAME, from: 'B', stop: 'C', tell: 'crew', limit_s: 240 }],
  ladders: [
    { code: 'up', on: ['alarm'], of: ['alarm'], steps: [{ after_s: 0, to: 'sender', channels: ['screen'], text: NAME }, { after_s: 60, to: 'leader_1', channels: ['voice'], text: NAME }] },
    { code: 'early', on: ['warning'], of: ['AC'], steps: [{ after_s: 10, to: 'crew', channels: ['sms'], text: NAME }] },
  ],
};

describe('the timeline of a typical order', () => {
  const preview = previewOf(POLICY, { area_class: 'urban', same_site: false });

  it('lays segments end to end, each as long as its limit, with its warning', () => {
    expect(preview.blocks.map(({ code, start, limit: length, warn }) => [code, start, length, warn])).toEqual([
      ['AB', 0, 120, 96],
      ['BC', 120, 240, 312],
    ]);
    expect(preview.points).toEqual([
      { code: 'A', at: 0 },
      { code: 'B', at: 120 },
      { code: 'C', at: 360 },
    ]);
  });

  it('begins goals and alarms where their points are', () => {
    const lanes = Object.fromEntries(preview.lanes.map((lane) => [lane.code, lane]));
    expect(lanes.AC?.block).toMatchObject({ start: 0, limit: 300, warn: 240 });
    expect(lanes.CR?.block).toMatchObject({ start: 360, limit: 600 });
    expect(lanes.alarm?.marks.map(({ at }) => at)).toEqual([360]);
    expect(preview.whole).toBe(960);
  });

  it('marks each step of a ladder after what rings', () => {
    const lanes = Object.fromEntries(preview.lanes.map((lane) => [lane.code, lane]));
    expect(lanes.up?.marks.map(({ at, step }) => [at, step?.to])).toEqual([[360, 'sender'], [420, 'leader_1']]);
    expect(lanes.early?.marks.map(({ at }) => at)).toEqual([250]);
  });

  it('writes beside what is far too long for the scale', () => {
    expect(preview.beside).toEqual([{ code: 'late', name: NAME, length: 604_800 }]);
  });

  it('takes the first limit that fits, else the last', () => {
    const [, transit] = POLICY.segments;
    if (!transit || !POLICY.total) throw new Error('there are');
    expect(limitOf(transit, { area_class: 'urban', same_site: true })?.limit_s).toBe(60);
    expect(limitOf(POLICY.total, { area_class: 'remote', same_site: true })?.limit_s).toBe(600);
  });

  it('warns when so little is left as the policy says', () => {
    const sooner = previewOf({ ...POLICY, warn_left_s: 60 }, { area_class: 'urban', same_site: true });
    expect(sooner.blocks.map(({ start, warn }) => warn - start)).toEqual([60, 0]);
  });
});

it.each([
  [{ limit_s: 90, limit: null }, 90],
  [{ limit_s: null, limit: '45 min' }, 2700],
  [{ limit_s: null, limit: '2 days' }, 172_800],
  [{ limit_s: null, limit: '30 s' }, 30],
  [{ limit_s: null, limit: '4 workdays' }, null],
])('seconds of %o', (one, seconds) => {
  expect(secondsOf({ ...one, when: {}, responsible: null })).toBe(seconds);
});

it.each([
  ['4 workdays', { unit: 'workday', amount: '4' }],
  ['7 days', { unit: 'day', amount: '7' }],
  ['next day 12:00', { unit: 'next_day', amount: '12:00' }],
  ['next workday 10:00', { unit: 'next_workday', amount: '10:00' }],
  ['45 min', null],
])('the unit of %s', (text, found) => {
  expect(unitOf(text)).toEqual(found);
});

const LINE = {
  code: 'CD', chain: true, limit: 0, today_s: 120, proposed_s: 180, typical_s: 90, low_s: 60, high_s: 120,
  hindrance: null, edges: [0, 60, 120, 180], bins: [4, 3, 2, 1],
  left_out: { unknown: 0, anomaly: 1, doubtful: 0, running: 5, released_during_call: 0 },
} as unknown as Line;

describe('the distribution with both limits', () => {
  it('says of every bar whether it is late today, and then', () => {
    const { bars } = spreadOf(LINE);
    expect(bars.map(({ late, lateThen }) => [late, lateThen])).toEqual([
      [false, false],
      [false, false],
      [true, false],
      [true, true],
    ]);
    expect(bars.map(({ height }) => height)).toEqual([1, 0.75, 0.5, 0.25]);
    expect(bars.at(-1)?.to).toBe(null);
  });

  it('places limits, typical and interval on the same axis', () => {
    expect(spreadOf(LINE)).toMatchObject({ today: 50, proposed: 75, typical: 37.5, low: 25, high: 50 });
    expect(spreadOf({ ...LINE, typical_s: null, proposed_s: null }).typical).toBe(null);
  });

  it('counts what was left out, the most first', () => {
    expect(leftOut(LINE)).toEqual([{ reason: 'running', count: 5 }, { reason: 'anomaly', count: 1 }]);
    expect(leftOutSum(LINE)).toBe(6);
  });

  it('changes only what can be proposed', () => {
    expect(changeable([LINE, { ...LINE, code: 'DE', hindrance: 'too_few' }, LINE])).toEqual(['CD']);
  });
});

describe('lines of a text', () => {
  it('collects problems by line', () => {
    const message = { zh: '无效', en: 'invalid' };
    const wrong = [{ field: 'a', line: 3, message }, { field: 'b', line: null, message }, { field: 'c', line: 3, message }];
    expect([...byLine(wrong).entries()].map(([line, found]) => [line, found.length])).toEqual([[3, 2], [1, 1]]);
  });

  it('knows where a line begins', () => {
    expect(['ab\ncd\ne'].flatMap((text) => [1, 2, 3, 9].map((line) => startOf(text, line)))).toEqual([0, 3, 6, 7]);
    expect(lineAt('ab\ncd', 4)).toBe(2);
  });
});

it('reads whole lines of a stream and waits for the rest', () => {
  const { lines, rest } = linesOf('{"orders":7}\n{"done":5}\n{"ans');
  expect(lines).toEqual([{ orders: 7 }, { done: 5 }]);
  expect(rest).toBe('{"ans');
});

it('looks back so many days', () => {
  expect(spanOf('7', 700_000_000, { from: 1, to: 2 })).toEqual({ from: 95_200_000, to: 700_000_000 });
  expect(spanOf('custom', 0, { from: 1, to: 2 })).toEqual({ from: 1, to: 2 });
});
