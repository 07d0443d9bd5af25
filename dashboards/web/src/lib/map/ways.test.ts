import { expect, test } from 'vitest';
import { waysOf } from './ways';

const point = (second: number, lat: number) => ({ at: new Date(second * 1000).toISOString(), lat, lon: 116 });

test('a way is dashed across what nobody saw, and a single position is no line', () => {
  const lines = waysOf([point(0, 1), point(60, 2), point(300, 3), point(310, 4), point(600, 5)]);
  expect(lines.map(({ points, unseen }) => [points.map(([lat]) => lat), unseen ?? false])).toEqual([
    [[1, 2], false],
    [[2, 3], true],
    [[3, 4], false],
    [[4, 5], true],
  ]);
  expect(waysOf([point(0, 1)])).toEqual([]);
});
