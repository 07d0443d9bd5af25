import { expect, it } from 'vitest';
import type { At, DrawnShape } from './drawn';
import { within } from './within';

/** A place so many metres north and east of one in Beijing. */
const place = (north: number, east: number): At => [
  39.9 + north / 111_195,
  116.4 + east / (111_195 * Math.cos((39.9 * Math.PI) / 180)),
];
const [lat, lon] = place(0, 0);
const circle: DrawnShape = { kind: 'circle', lat, lon, radius_m: 100 };
// A horseshoe, open to the north.
const horseshoe: DrawnShape = {
  kind: 'polygon',
  points: [place(0, 0), place(0, 300), place(300, 300), place(300, 200), place(100, 200), place(100, 100), place(300, 100), place(300, 0)],
};
const corridor: DrawnShape = { kind: 'corridor', points: [place(0, 0), place(500, 0), place(500, 500)], width_m: 60 };

it.each([
  ['circle', circle, 99, 0, true],
  ['circle', circle, 0, 101, false],
  ['left arm', horseshoe, 250, 50, true],
  ['between the arms', horseshoe, 250, 150, false],
  ['right arm', horseshoe, 250, 250, true],
  ['below', horseshoe, -5, 150, false],
  ['along the line', corridor, 250, 29, true],
  ['beside the line', corridor, 250, 31, false],
  ['behind its end', corridor, -29, 0, true],
  ['in its bend', corridor, 520, -15, true],
  ['far away', corridor, 250, 300, false],
] as const)('%s: %j at %d, %d', (_, shape, north, east, says) => {
  expect(within(shape, place(north, east))).toBe(says);
});
