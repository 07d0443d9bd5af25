import type { At, DrawnShape, Sketch } from './drawn';
import { sketchOf } from './drawn';
import type { Line } from './shapeView';

/** A longer time without a position is drawn as not seen. */
const UNSEEN_MS = 120_000;

/** The way along these positions, dashed where nobody saw the vehicle. */
export function waysOf(points: readonly { at: string; lat: number; lon: number }[]): Line[] {
  const lines: Line[] = [];
  let run: At[] = [];
  points.forEach((point, i) => {
    const before = points[i - 1];
    const spot: At = [point.lat, point.lon];
    if (before && Date.parse(point.at) - Date.parse(before.at) > UNSEEN_MS) {
      lines.push({ points: run, lit: true }, { points: [[before.lat, before.lon], spot], unseen: true });
      run = [];
    }
    run.push(spot);
  });
  return [...lines, { points: run, lit: true }].filter(({ points: each }) => each.length > 1);
}

/** What the server says of a site, as it is drawn. */
export const siteSketch = (site: { shape: { kind: string } }): Sketch => sketchOf(site.shape as DrawnShape);
