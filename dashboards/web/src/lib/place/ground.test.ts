import { describe, expect, test } from 'vitest';
import { bearing, distanceWords, fromMetres, streetsNear, toMetres, type At } from './ground';

const HERE: At = [39.9239, 116.3966];

describe('metres around a place', () => {
  test.each([
    [120, 0],
    [-800, 350],
    [0, -4000],
  ])('%s east, %s south: there and back', (east, south) => {
    const [x, y] = toMetres(HERE, fromMetres(HERE, east, south));
    expect([x, y].map(Math.round)).toEqual([east, south].map((each) => each + 0));
  });
  test.each([
    [0, -100, 'n'],
    [100, -100, 'ne'],
    [100, 0, 'e'],
    [0, 100, 's'],
    [-100, 100, 'sw'],
    [-100, -5, 'w'],
    [-100, -100, 'nw'],
  ] as const)('%s east, %s south lies %s', (east, south, way) =>
    expect(bearing(HERE, fromMetres(HERE, east, south)).way).toBe(way),
  );
  test.each([
    [7.4, '7 m'],
    [184, '180 m'],
    [2345, '2.3 km'],
  ])('%s metres are said as %s', (metres, said) => expect(distanceWords(metres)).toBe(said));
});

describe('streets of the ground map', () => {
  const at = (east: number, south: number): [number, number] => {
    const [lat, lon] = fromMetres(HERE, east, south);
    return [lon, lat];
  };
  const street = (layer: string, coordinates: [number, number][]): object => ({
    properties: { layer, name_zh: '杏花路', name_en: 'Xinghua Road' },
    geometry: { type: 'LineString', coordinates },
  });
  test('one that only passes through is drawn, one far off and a lake are not', () => {
    const features = [
      street('street', [at(-9000, 10), at(9000, 10)]),
      street('street', [at(9000, 9000), at(9500, 9000)]),
      street('water', [at(-10, 0), at(10, 0)]),
    ];
    expect(streetsNear({ features }, HERE, 250)).toHaveLength(1);
  });
  test('without a map there are none', () => expect(streetsNear({}, HERE, 250)).toEqual([]));
});
