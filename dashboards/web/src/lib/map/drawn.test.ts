import { describe, expect, it } from 'vitest';
import { asKind, asText, fromText, geoJson, insertedPoint, movedPoint, shapeOf, sketchOf, spread, withoutPoint, withPoint, type At, type Sketch } from './drawn';

const triangle: Sketch = { kind: 'polygon', points: [[30, 120], [30.01, 120], [30, 120.01]], size: 0 };

describe('a sketch', () => {
  it('is a shape as soon as it has the points that its kind needs', () => {
    const two = withoutPoint(triangle, 2);
    expect(shapeOf(two)).toBeNull();
    expect(shapeOf(withPoint(two, [30, 120]))).toBeNull(); // the same point twice
    expect(shapeOf(withPoint(two, [30, 120.01]))).toEqual({ kind: 'polygon', points: triangle.points });
    expect(shapeOf(asKind(two, 'corridor'))).toEqual({ kind: 'corridor', points: two.points, width_m: 60 });
    expect(shapeOf({ ...asKind(two, 'circle'), size: 0 })).toBeNull();
    expect(shapeOf({ ...asKind(two, 'circle'), size: 100_001 })).toBeNull();
  });

  it('comes back from the shape that it is', () => {
    for (const sketch of [triangle, { kind: 'corridor', points: triangle.points, size: 80 }, { kind: 'circle', points: [[30, 120]], size: 250 }] as Sketch[]) {
      expect(sketchOf(shapeOf(sketch))).toEqual(sketch);
    }
  });

  it('moves, takes and loses points in their order', () => {
    expect(movedPoint(triangle, 1, [31, 121]).points[1]).toEqual([31, 121]);
    expect(insertedPoint(triangle, 1, [30.005, 120]).points.map(([lat]) => lat)).toEqual([30, 30.005, 30.01, 30]);
    expect(withPoint({ kind: 'circle', points: [[1, 2]], size: 5 }, [3, 4]).points).toEqual([[3, 4]]);
  });
});

describe('coordinates as text', () => {
  it('are read as they are written', () => {
    expect(fromText({ ...triangle, points: [] }, asText(triangle))).toEqual(triangle);
    expect(fromText(triangle, '30 120\n\n30.5；121')?.points).toEqual([[30, 120], [30.5, 121]]);
  });
  it.each(['30', '91, 120', '30, 120, 5', 'here', '{"type":"Polygon"'])('%s is none', (text) => {
    expect(fromText(triangle, text)).toBeNull();
  });
  it('may be GeoJSON, longitude first', () => {
    const ring = [[120, 30], [120, 30.01], [120.01, 30], [120, 30]];
    const polygon = { type: 'Polygon', coordinates: [ring] };
    expect(fromText(sketchOf(null), JSON.stringify(polygon))?.points).toEqual(triangle.points);
    const line = { type: 'Feature', properties: { width_m: 40 }, geometry: { type: 'LineString', coordinates: ring.slice(0, 2) } };
    expect(fromText(triangle, JSON.stringify(line))).toEqual({ kind: 'corridor', points: [[30, 120], [30.01, 120]], size: 40 });
    const point = { type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [120, 30] } };
    expect(fromText(triangle, JSON.stringify(point))).toEqual({ kind: 'circle', points: [[30, 120]], size: 100 });
  });
});

describe('on the map', () => {
  it('a circle is as wide as its radius says, at any latitude', () => {
    const beyond = spread({ kind: 'circle', points: [[89.9, 120]], size: 100_000 });
    expect(Math.max(...beyond.map(([lat]) => lat))).toBe(90); // the map goes no further
    const lats = spread({ kind: 'circle', points: [[60, 120]], size: 1000 }).map(([lat, lon]: At) => [lat, lon]);
    const high = Math.max(...lats.map(([lat]) => lat ?? 0)) - Math.min(...lats.map(([lat]) => lat ?? 0));
    const wide = Math.max(...lats.map(([, lon]) => lon ?? 0)) - Math.min(...lats.map(([, lon]) => lon ?? 0));
    expect(high * 111_195).toBeCloseTo(2000, -1);
    expect(wide / high).toBeCloseTo(2, 2);
  });
  it('an outline closes itself; two points are a line', () => {
    expect(geoJson(triangle)?.geometry.type).toBe('Polygon');
    expect(geoJson(withoutPoint(triangle, 0))?.geometry.type).toBe('LineString');
    expect(geoJson({ ...triangle, points: [] })).toBeNull();
  });
});
