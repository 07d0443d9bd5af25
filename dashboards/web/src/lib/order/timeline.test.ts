import { describe, expect, test } from 'vitest';
import { POINTS, type Segment } from '../api/types';
import { anOrder } from '../testing/rows';
import { layOut, spentNow } from './timeline';

const T0 = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number): string => new Date(T0 + seconds * 1000).toISOString();
const none = anOrder().points;

describe('the timeline', () => {
  const segment = (code: 'AB' | 'BC', within: boolean, limit_s: number): Segment => ({
    code,
    from_point: code.charAt(0),
    to_point: code.charAt(1),
    start: null,
    end: null,
    limit_s,
    spent_s: null,
    excluded_s: 0,
    state: 'done',
    within,
    slack_s: null,
    lent_s: 0,
    borrowed_s: 0,
    responsible: { code: 'hotline', name_zh: '热线', name_en: 'Hotline' },
    marks: [],
  });
  const order = anOrder({
    points: { ...none, A: at(0), B: at(60), C: at(180) },
    running: { segment: 'CD', from: at(180), limit_s: 120, due_at: at(300), responsible: 'centre', unit_id: null },
    promise: { due_at: at(2700), limit_s: 2700, state: 'running', leave_by: null, spender: null, forecast: null },
  });

  test('each segment is as long as it took, on one scale', () => {
    const strip = layOut(order, [segment('AB', true, 120), segment('BC', false, 60)], T0 + 240_000);
    const [ab, bc, cd] = strip?.pieces ?? [];
    expect(ab?.width).toBeCloseTo((bc?.width ?? 0) / 2);
    expect(cd?.width).toBeCloseTo(ab?.width ?? 0);
    expect([ab?.state, bc?.state, cd?.state]).toEqual(['done', 'over', 'running']);
    expect(bc?.overShare).toBeCloseTo(0.5);
    expect(ab?.limit).toBeCloseTo((bc?.left ?? 0) + (ab?.width ?? 0));
    expect(strip?.due).toBeCloseTo(97);
  });

  test('what has been is legible from the first minute', () => {
    const strip = layOut(order, [], T0 + 240_000);
    expect(strip?.seam).toBeCloseTo(62);
    expect(layOut(order, [], T0 + 2_600_000)?.seam).toBeNull();
  });

  test('a missing point makes its neighbours unknown, a negative length an anomaly', () => {
    const torn = anOrder({ points: { ...none, A: at(0), C: at(100), D: at(40) } });
    const strip = layOut(torn, [], T0 + 200_000);
    expect(strip?.pieces.map((piece) => [piece.code, piece.state])).toEqual([
      ['AC', 'unknown'],
      ['CD', 'anomaly'],
    ]);
  });

  test('points too near to tell apart share a label', () => {
    const points = { ...none, A: at(0), B: at(2400), C: at(2401), D: at(2402) };
    const strip = layOut(anOrder({ points, promise: order.promise }), [], T0 + 2_402_000);
    expect(strip?.points.map(({ label }) => label)).toEqual(['A', 'BCD']);
  });

  test('however short its segments, every letter is on the line and none on another', () => {
    const letter = 2;
    const quick = { ...none, A: at(0), B: at(39), C: at(41), D: at(80), E: at(82), F: at(120), G: at(188) };
    const late = { ...none, A: at(0), B: at(1990), C: at(2000), D: at(1995) };
    const spread = { ...none, A: at(0), B: at(45), C: at(90), D: at(135), E: at(180), F: at(1200), G: at(1990) };
    const due = { ...order.promise, due_at: null };
    for (const points of [quick, late, spread]) {
      for (const promise of [order.promise, due]) {
        const labels = layOut(anOrder({ points, promise }), [], T0 + 2_000_000)?.points ?? [];
        const letters = labels.map(({ label }) => label).join('');
        expect([...letters].sort().join('')).toBe(POINTS.filter((point) => points[point]).join(''));
        let edge = 0;
        for (const { label, at: middle } of labels) {
          expect(middle - (label.length * letter) / 2).toBeGreaterThanOrEqual(edge - 1e-9);
          edge = middle + (label.length * letter) / 2;
        }
        expect(edge).toBeLessThanOrEqual(100 + 1e-9);
      }
    }
  });

  test('the word of the due line covers no letter', () => {
    const promise = { ...order.promise, due_at: at(1000) };
    const side = (...seconds: number[]): string | null | undefined => {
      const points = { ...none, A: at(0), F: at(seconds[0] ?? 0), G: at(seconds[1] ?? 0), H: at(2000) };
      const strip = layOut(anOrder({ points, promise }), [], T0 + 2_000_000);
      expect(strip?.due).toBeCloseTo(48.5);
      return strip?.dueWord;
    };
    expect(side(500, 1500)).toBe('behind');
    expect(side(500, 1040)).toBe('before');
    expect(side(960, 1500)).toBe('behind');
    expect(side(960, 1040)).toBeNull();
    expect(side(500, 1000)).toBeNull();
  });

  test('what holds the clock is drawn as itself, without a limit', () => {
    const running = { segment: 'detour', from: at(200), limit_s: null, due_at: null, responsible: 'hotline', unit_id: null };
    const last = layOut({ ...order, running }, [], T0 + 240_000)?.pieces.at(-1);
    expect(last).toMatchObject({ state: 'held', hold: 'detour', limit: null, spentS: 40, overShare: 0 });
  });

  test('a held clock stands still, what was held before stays taken out', () => {
    const began = { ...segment('BC', true, 240), state: 'running' as const, start: at(0) };
    const running = { ...began, spent_s: 50, excluded_s: 100 };
    expect(spentNow(running, true, T0 + 300_000)).toBe(50);
    expect(spentNow(running, false, T0 + 300_000)).toBe(200);
    expect(spentNow({ ...running, state: 'done' }, false, T0 + 300_000)).toBe(50);
  });

  test('without any point there is nothing to draw', () => {
    expect(layOut(anOrder(), [], T0)).toBeNull();
  });
});
