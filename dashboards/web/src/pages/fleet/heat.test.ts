import { describe, expect, it } from 'vitest';
import { areaOf, cellsOf, classesOf, cornersOf, rangesOf, type HeatGrid } from './heat';

const grid = (counts: number[]): HeatGrid => ({
  from: '',
  to: '',
  cell_m: 150,
  height_deg: 0.001,
  cells_seen: counts.length,
  cells: counts.map((fixes, index) => [30 + index, 100 - index, 100.002 - index, fixes]),
});

describe('where the fleet was', () => {
  it('has five classes, most cells in the lowest', () => {
    const many = grid(Array.from({ length: 101 }, (_, index) => index + 1));
    expect(classesOf(many)).toEqual([1, 51, 76, 91, 98]);
    expect(rangesOf(classesOf(many))).toEqual(['1 – 50', '51 – 75', '76 – 90', '91 – 97', '≥ 98']);
    const parts = cellsOf(many, 'heat').map(({ part }) => part);
    expect([parts[0], parts[50], parts[100]]).toEqual([0.2, 0.4, 1]);
  });

  it('leaves out classes that would be empty', () => {
    expect(rangesOf(classesOf(grid([3, 3, 3])))).toEqual(['≥ 3']);
    expect(classesOf(grid([]))).toEqual([]);
    expect(rangesOf([1, 2])).toEqual(['1', '≥ 2']);
    expect(cellsOf(grid([3]), 'heat')[0]?.part).toBe(1);
  });

  it('covers what was seen at all, all of it alike', () => {
    expect(new Set(cellsOf(grid([1, 50, 900]), 'coverage').map(({ part }) => part)).size).toBe(1);
    expect(areaOf(grid(Array.from({ length: 400 }, () => 1)))).toBeCloseTo(9);
  });

  it('lies between its corners', () => {
    expect(cornersOf(grid([1, 1]))).toEqual([
      [30, 99],
      [31.001, 100.002],
    ]);
    expect(cornersOf(grid([]))).toEqual([]);
    expect(cellsOf(grid([1]), 'heat')[0]).toEqual({ south: 30, west: 100, north: 30.001, east: 100.002, part: 1 });
  });
});
