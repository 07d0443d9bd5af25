/**
 * Map systems of China, as core/coordinates.py has them: WGS-84 inside, GCJ-02 (AMap, Tencent) and
 * BD-09 (Baidu) for what is handed to other maps. Degrees.
 */
export type Datum = 'wgs84' | 'gcj02' | 'bd09';
export type LatLon = readonly [lat: number, lon: number];

const AXIS_M = 6_378_245;
const ECCENTRICITY_2 = 0.006_693_421_622_965_943_23;
const BAIDU = (Math.PI * 3000) / 180;
const CLOSE_DEG = 1e-9;
const STEPS = 30;
const { abs, cos, PI, sin, sqrt } = Math;

export const inChina = (lat: number, lon: number): boolean =>
  lat >= 0.8293 && lat <= 55.8271 && lon >= 72.004 && lon <= 137.8347;

/** Metres north and east by which a point is shifted; `x`, `y`: degrees from 105° E, 35° N. */
function shift(x: number, y: number): LatLon {
  const root = sqrt(abs(x));
  const wave = ((20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2) / 3;
  const waves = (v: number): number => ((20 * sin(v * PI) + 40 * sin((v / 3) * PI)) * 2) / 3;
  const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave + waves(y);
  const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave + waves(x);
  return [
    north + ((160 * sin((y / 12) * PI) + 320 * sin((y / 30) * PI)) * 2) / 3,
    east + ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3,
  ];
}

function toGcj([lat, lon]: LatLon): LatLon {
  if (!inChina(lat, lon)) return [lat, lon];
  const [north, east] = shift(lon - 105, lat - 35);
  const phi = (lat * PI) / 180;
  const curve = 1 - ECCENTRICITY_2 * sin(phi) ** 2;
  const meridian = (AXIS_M * (1 - ECCENTRICITY_2)) / (curve * sqrt(curve));
  const parallel = (AXIS_M / sqrt(curve)) * cos(phi);
  return [lat + ((north / meridian) * 180) / PI, lon + ((east / parallel) * 180) / PI];
}

function toBaidu([lat, lon]: LatLon): LatLon {
  if (!inChina(lat, lon)) return [lat, lon];
  const radius = Math.hypot(lon, lat) + 0.00002 * sin(lat * BAIDU);
  const angle = Math.atan2(lat, lon) + 0.000003 * cos(lon * BAIDU);
  return [radius * sin(angle) + 0.006, radius * cos(angle) + 0.0065];
}

/** The point that `shifted` takes to this one. */
function inverse(wanted: LatLon, shifted: (point: LatLon) => LatLon): LatLon {
  if (!inChina(...wanted)) return wanted;
  let [lat, lon] = wanted;
  for (let step = 0; step < STEPS; step += 1) {
    const seen = shifted([lat, lon]);
    const [north, east] = [wanted[0] - seen[0], wanted[1] - seen[1]];
    [lat, lon] = [lat + north, lon + east];
    if (Math.max(abs(north), abs(east)) < CLOSE_DEG) break;
  }
  return [lat, lon];
}

/** A point of one system in another one; out of China as it is. */
export function convert(point: LatLon, given: Datum, wanted: Datum): LatLon {
  if (given === wanted) return point;
  let here = given === 'bd09' ? inverse(point, toBaidu) : point;
  if (given !== 'wgs84' && wanted === 'wgs84') return inverse(here, toGcj);
  if (given === 'wgs84') here = toGcj(here);
  return wanted === 'bd09' ? toBaidu(here) : here;
}
