import { expect, test } from 'vitest';
import { convert, type Datum, type LatLon } from './datum';

/** WGS-84, GCJ-02 as the public converters give them; the same as in tests/core/test_coordinates.py. */
const PAIRS: [LatLon, LatLon][] = [
  [[31.1774276, 121.5272106], [31.17530398364597, 121.531541859215]],
  [[22.543847, 113.912316], [22.540796131694766, 113.9171764808363]],
  [[39.911954, 116.377817], [39.91334545536069, 116.38404722455657]],
];
const SYSTEMS: Datum[] = ['wgs84', 'gcj02', 'bd09'];
const near = (one: LatLon, other: LatLon, digits: number): void => {
  expect(one[0]).toBeCloseTo(other[0], digits);
  expect(one[1]).toBeCloseTo(other[1], digits);
};

test.each(PAIRS)('a published pair: %s', (wgs, gcj) => {
  near(convert(wgs, 'wgs84', 'gcj02'), gcj, 9);
  near(convert(gcj, 'gcj02', 'wgs84'), wgs, 8);
});

test('Baidu lies where the published offset has it', () => {
  near(convert([39.915, 116.404], 'gcj02', 'bd09'), [39.92133699351021, 116.41036949371029], 8);
});

test('there and back within a millimetre, and nothing is shifted outside China', () => {
  for (let lat = 2; lat < 55; lat += 4.7) {
    for (let lon = 73; lon < 137; lon += 5.3) {
      for (const one of SYSTEMS) {
        for (const other of SYSTEMS) near(convert(convert([lat, lon], one, other), other, one), [lat, lon], 8);
      }
    }
  }
  for (const wanted of SYSTEMS) expect(convert([48.1, 11.6], 'wgs84', wanted)).toEqual([48.1, 11.6]);
});
