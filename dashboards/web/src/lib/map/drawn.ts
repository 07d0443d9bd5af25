/** A point in degrees, WGS-84: latitude, longitude. */
export type At = readonly [number, number];

/** A shape on the ground as the server writes it (gps/shapes.py). */
export type DrawnShape =
  | { kind: 'circle'; lat: number; lon: number; radius_m: number }
  | { kind: 'polygon'; points: At[] }
  | { kind: 'corridor'; points: At[]; width_m: number };
export type ShapeKind = DrawnShape['kind'];

/** A shape under way: not complete yet. `size`: radius of a circle, width of a corridor, metres. */
export interface Sketch {
  kind: ShapeKind;
  points: At[];
  size: number;
}

export const SIZES: Record<ShapeKind, number> = { circle: 100, polygon: 0, corridor: 60 };
/** Metres, as the server allows. */
export const LARGEST: Record<ShapeKind, number> = { circle: 100_000, polygon: 0, corridor: 10_000 };
const LEAST: Record<ShapeKind, number> = { circle: 1, polygon: 3, corridor: 2 };
const METRES_PER_DEGREE = 111_195;
const ROUND = 48;

export function sketchOf(shape: DrawnShape | null, kind: ShapeKind = 'polygon'): Sketch {
  if (!shape) return { kind, points: [], size: SIZES[kind] };
  if (shape.kind === 'circle') return { kind: 'circle', points: [[shape.lat, shape.lon]], size: shape.radius_m };
  return { kind: shape.kind, points: [...shape.points], size: shape.kind === 'corridor' ? shape.width_m : 0 };
}

/** The shape that a sketch is; null while it is not complete. */
export function shapeOf({ kind, points, size }: Sketch): DrawnShape | null {
  const first = points[0];
  const different = new Set(points.map(([lat, lon]) => `${lat} ${lon}`)).size;
  if (!first || different < LEAST[kind]) return null;
  if (kind !== 'polygon' && !(size > 0 && size <= LARGEST[kind])) return null;
  if (kind === 'circle') return { kind, lat: first[0], lon: first[1], radius_m: size };
  return kind === 'corridor' ? { kind, points, width_m: size } : { kind, points };
}

/** The same points as another kind: a circle keeps the first one. */
export function asKind(sketch: Sketch, kind: ShapeKind): Sketch {
  const points = kind === 'circle' ? sketch.points.slice(0, 1) : sketch.points;
  return { kind, points, size: sketch.size > 0 && kind !== 'polygon' ? Math.min(sketch.size, LARGEST[kind]) : SIZES[kind] };
}

/** With a point more: at the end, or the new middle of a circle. */
export function withPoint(sketch: Sketch, at: At): Sketch {
  return { ...sketch, points: sketch.kind === 'circle' ? [at] : [...sketch.points, at] };
}

export function movedPoint(sketch: Sketch, index: number, at: At): Sketch {
  return { ...sketch, points: sketch.points.map((point, i) => (i === index ? at : point)) };
}

export function insertedPoint(sketch: Sketch, before: number, at: At): Sketch {
  return { ...sketch, points: [...sketch.points.slice(0, before), at, ...sketch.points.slice(before)] };
}

export function withoutPoint(sketch: Sketch, index: number): Sketch {
  return { ...sketch, points: sketch.points.filter((_, i) => i !== index) };
}

const exact = (value: number): number => Math.round(value * 1e6) / 1e6;
export const rounded = ([lat, lon]: At): At => [exact(lat), exact(lon)];

/** The points as text: latitude and longitude, one point a line. */
export const asText = ({ points }: Sketch): string => points.map(([lat, lon]) => `${exact(lat)}, ${exact(lon)}`).join('\n');

const place = (lat: number, lon: number): At | null =>
  Math.abs(lat) <= 90 && Math.abs(lon) <= 180 && !Number.isNaN(lat + lon) ? [lat, lon] : null;

/** Points from text as `asText` writes it, or from GeoJSON (longitude first); null: neither. */
export function fromText(sketch: Sketch, text: string): Sketch | null {
  if (text.trimStart().startsWith('{')) return fromGeoJson(text, sketch);
  const lines = text.split('\n').map((line) => line.trim()).filter(Boolean);
  const points = lines.map((line) => {
    const [lat, lon, more] = line.split(/[\s,;，；]+/).map(Number);
    return lat === undefined || lon === undefined || more !== undefined ? null : place(lat, lon);
  });
  if (points.some((point) => point === null)) return null;
  const known = points as At[];
  return { ...sketch, points: sketch.kind === 'circle' ? known.slice(0, 1) : known };
}

interface Json {
  type?: string;
  coordinates?: unknown;
  geometry?: Json;
  features?: Json[];
  properties?: Record<string, unknown> | null;
}

/** The first shape of a GeoJSON text: polygon, line (corridor) or point (circle). */
function fromGeoJson(text: string, sketch: Sketch): Sketch | null {
  let found: Json;
  try {
    found = JSON.parse(text) as Json;
  } catch {
    return null;
  }
  if (found.type === 'FeatureCollection') found = found.features?.[0] ?? {};
  const told = found.properties ?? {};
  const { type, coordinates } = found.geometry ?? found;
  const kind = ({ Polygon: 'polygon', LineString: 'corridor', Point: 'circle' } as const)[type ?? ''];
  if (!kind || !Array.isArray(coordinates)) return null;
  const list = (kind === 'polygon' ? coordinates[0] : kind === 'circle' ? [coordinates] : coordinates) as unknown;
  if (!Array.isArray(list)) return null;
  const points = (list as unknown[]).map((one) => (Array.isArray(one) ? place(Number(one[1]), Number(one[0])) : null));
  if (points.length === 0 || points.some((point) => point === null)) return null;
  const known = points as At[];
  const [head, tail] = [known[0], known[known.length - 1]];
  const closed = kind === 'polygon' && known.length > 1 && head?.[0] === tail?.[0] && head?.[1] === tail?.[1];
  const size = Number(told['radius_m'] ?? told['width_m'] ?? (kind === sketch.kind ? sketch.size : SIZES[kind]));
  return { kind, points: closed ? known.slice(0, -1) : known, size };
}

/** Around a point, as a ring of longitude and latitude. */
function circle(lat: number, lon: number, radius: number): [number, number][] {
  const wide = Math.max(0.01, Math.cos((lat * Math.PI) / 180));
  return Array.from({ length: ROUND + 1 }, (_, i) => {
    const angle = (2 * Math.PI * i) / ROUND;
    const [east, north] = [radius * Math.sin(angle), radius * Math.cos(angle)];
    // No further than the pole: the map refuses to go there.
    const up = Math.min(90, Math.max(-90, lat + north / METRES_PER_DEGREE));
    return [lon + east / (METRES_PER_DEGREE * wide), up];
  });
}

/** Metres of a pixel at zoom 0 of MapLibre's world, at the equator. */
const METRES_PER_PIXEL = 78_271.517;

/**
 * A sketch as GeoJSON for the map. A corridor is a line with `w0`, its width in pixels at zoom 0;
 * what is not complete yet is the line through its points.
 */
export function geoJson(sketch: Sketch, properties: Record<string, unknown> = {}): GeoJSON.Feature | null {
  const ring = sketch.points.map(([lat, lon]): [number, number] => [lon, lat]);
  const first = sketch.points[0];
  const end = ring[0];
  if (!first || !end) return null;
  if (sketch.kind === 'circle') {
    const area = circle(first[0], first[1], sketch.size > 0 ? sketch.size : 1);
    return { type: 'Feature', properties, geometry: { type: 'Polygon', coordinates: [area] } };
  }
  if (sketch.kind === 'polygon' && ring.length >= 3) {
    return { type: 'Feature', properties, geometry: { type: 'Polygon', coordinates: [[...ring, end]] } };
  }
  const wide = Math.max(0.01, Math.cos((first[0] * Math.PI) / 180));
  const w0 = sketch.kind === 'corridor' ? sketch.size / (METRES_PER_PIXEL * wide) : 0;
  return { type: 'Feature', properties: { ...properties, w0 }, geometry: { type: 'LineString', coordinates: ring } };
}

/** The points that a shape spreads over, for fitting the map. */
export function spread(sketch: Sketch): At[] {
  const first = sketch.points[0];
  if (sketch.kind === 'circle' && first) return circle(first[0], first[1], sketch.size).map(([lon, lat]): At => [lat, lon]);
  return sketch.points;
}
