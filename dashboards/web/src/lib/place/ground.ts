/** A point in degrees, WGS-84: latitude, longitude. */
export type At = readonly [number, number];

export interface Street {
  name_zh: string;
  name_en: string;
  /** Lines in metres east and south of the middle. */
  lines: [number, number][][];
}

const METRES_PER_DEGREE = 111_195;
const DRAWN = new Set(['street', 'ring']);

interface Feature {
  properties?: Record<string, string>;
  geometry?: { type: string; coordinates: unknown };
}

/** Metres east and south of `middle`. */
export function toMetres(middle: At, at: At): [number, number] {
  const wide = Math.cos((middle[0] * Math.PI) / 180);
  return [(at[1] - middle[1]) * METRES_PER_DEGREE * wide, (middle[0] - at[0]) * METRES_PER_DEGREE];
}

/** The point so many metres east and south of `middle`. */
export function fromMetres(middle: At, east: number, south: number): At {
  const wide = Math.max(0.01, Math.cos((middle[0] * Math.PI) / 180));
  return [
    middle[0] - south / METRES_PER_DEGREE,
    middle[1] + east / (METRES_PER_DEGREE * wide),
  ];
}

const COMPASS = ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'] as const;
export type Compass = (typeof COMPASS)[number];

/** A distance as exact as a person can use it. */
export function distanceWords(far: number): string {
  if (far < 100) return `${Math.round(far)} m`;
  return far < 950 ? `${Math.round(far / 10) * 10} m` : `${(far / 1000).toFixed(1)} km`;
}

/** How far and in which of eight directions `to` lies from `from`. */
export function bearing(from: At, to: At): { far: string; way: Compass; metres: number } {
  const [east, south] = toMetres(from, to);
  const turn = Math.round((Math.atan2(east, -south) / (2 * Math.PI)) * 8 + 8) % 8;
  const metres = Math.hypot(east, south);
  return { far: distanceWords(metres), way: COMPASS[turn] ?? 'n', metres };
}

/** Streets of a ground map that come within `reach` metres of a place. */
export function streetsNear(document: { features?: Feature[] }, middle: At, reach: number): Street[] {
  const found: Street[] = [];
  for (const { properties, geometry } of document.features ?? []) {
    if (!properties || !geometry || !DRAWN.has(properties.layer ?? '')) continue;
    const lines = linesOf(geometry)
      .map((line) => line.map(([lon, lat]) => toMetres(middle, [lat, lon])))
      .filter((line) => comesNear(line, reach));
    if (lines.length > 0) {
      found.push({ name_zh: properties.name_zh ?? '', name_en: properties.name_en ?? '', lines });
    }
  }
  return found;
}

function linesOf({ type, coordinates }: NonNullable<Feature['geometry']>): [number, number][][] {
  if (type === 'LineString') return [coordinates as [number, number][]];
  return type === 'MultiLineString' ? (coordinates as [number, number][][]) : [];
}

/** Does any piece of the line cross the square around the middle? Boxes are near enough. */
function comesNear(line: readonly [number, number][], reach: number): boolean {
  return line.some(([x, y], index) => {
    const [u, v] = line[index + 1] ?? [x, y];
    return Math.min(x, u) < reach && Math.max(x, u) > -reach && Math.min(y, v) < reach && Math.max(y, v) > -reach;
  });
}

let asked: Promise<{ features?: Feature[] }> | null = null;

/** The ground map; without signal the one that the phone's browser has kept. */
export function ground(): Promise<{ features?: Feature[] }> {
  asked ??= read('default')
    .catch(() => read('force-cache'))
    .catch(() => {
      asked = null;
      return {};
    });
  return asked;
}

async function read(cache: RequestCache): Promise<{ features?: Feature[] }> {
  const answer = await fetch('/api/map', { cache });
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()) as { features?: Feature[] };
}
