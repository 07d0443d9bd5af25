import { expect, test } from 'vitest';
import { contrast, difference, nearest, parse, seen, type Lab } from './colour';

test('contrast is that of WCAG', () => {
  const [black, white, grey] = [parse('rgb(0, 0, 0)'), parse('rgb(255, 255, 255)'), parse('rgb(118, 118, 118)')];
  expect(contrast(black, white)).toBeCloseTo(21, 5);
  expect(contrast(white, white)).toBe(1);
  expect(contrast(grey, white)).toBeCloseTo(4.54, 2);
});

// Pairs of Sharma, Wu and Dalal, 2005, the ones that catch wrong hue means and signs.
test.each<[Lab, Lab, number]>([
  [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
  [[50, -1.3802, -84.2814], [50, 0, -82.7485], 1.0],
  [[50, 0, 0], [50, -1, 2], 2.3669],
  [[50, 2.49, -0.001], [50, -2.49, 0.0011], 7.2195],
  [[50, -0.001, 2.49], [50, 0.0009, -2.49], 4.8045],
  [[50, 2.5, 0], [73, 25, -18], 27.1492],
  [[50, 2.5, 0], [50, 0, -2.5], 4.3065],
  [[60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644],
  [[2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082],
])('difference is CIEDE2000 (%#)', (one, other, expected) => {
  expect(difference(one, other)).toBeCloseTo(expected, 4);
  expect(difference(other, one)).toBeCloseTo(expected, 4);
});

test('red and green come near each other without the cones that tell them apart', () => {
  const pair = [parse('rgb(200, 60, 40)'), parse('rgb(120, 110, 30)')];
  expect(nearest(pair, 'normal')).toBeGreaterThan(25);
  expect(nearest(pair, 'deuteranopia')).toBeLessThan(nearest(pair, 'normal') / 2);
  const grey = parse('rgb(120, 120, 120)');
  for (const part of seen(grey, 'protanopia')) expect(part).toBeCloseTo(grey[0], 3);
});

test('a colour that is no opaque rgb is refused', () => {
  expect(() => parse('rgba(0, 0, 0, 0.5)')).toThrow('opaque');
});
