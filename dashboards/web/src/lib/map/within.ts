import type { At, DrawnShape } from './drawn';

const METRES_PER_DEGREE = 111_195;

/** East and north of an origin, metres on a plane: good for the size of a shape. */
function plane([lat0, lon0]: At): (at: At) => [number, number] {
  const wide = METRES_PER_DEGREE * Math.cos((lat0 * Math.PI) / 180);
  return ([lat, lon]) => [(lon - lon0) * wide, (lat - lat0) * METRES_PER_DEGREE];
}

/** Does the place lie in the shape, its edge included? */
export function within(shape: DrawnShape, at: At): boolean {
  if (shape.kind === 'circle') {
    return Math.hypot(...plane([shape.lat, shape.lon])(at)) <= shape.radius_m;
  }
  const flat = plane(at);
  const spots = shape.points.map(flat);
  return shape.kind === 'polygon' ? around(spots) : nearest(spots) <= shape.width_m / 2;
}

/** Does the ring run around the origin? Counts how often it crosses the ray to the east. */
function around(ring: readonly [number, number][]): boolean {
  let inside = false;
  ring.forEach(([x, y], i) => {
    const [px, py] = ring[(i || ring.length) - 1] ?? [x, y];
    if (y > 0 !== py > 0 && x - (y * (px - x)) / (py - y) > 0) inside = !inside;
  });
  return inside;
}

/** Metres from the origin to the line. */
function nearest(line: readonly [number, number][]): number {
  let least = Number.POSITIVE_INFINITY;
  line.forEach(([x, y], i) => {
    const [px, py] = line[Math.max(0, i - 1)] ?? [x, y];
    const [dx, dy] = [x - px, y - py];
    const length = dx * dx + dy * dy;
    const part = length > 0 ? Math.max(0, Math.min(1, -(px * dx + py * dy) / length)) : 0;
    least = Math.min(least, Math.hypot(px + part * dx, py + part * dy));
  });
  return least;
}
