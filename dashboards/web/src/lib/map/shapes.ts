/** Graticule steps in degrees, from coarse to fine; each zoom takes one that gives a few lines. */
const STEPS = [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
const LINES_WANTED = 5;

export interface Box {
  west: number;
  south: number;
  east: number;
  north: number;
}

/** Step between graticule lines that puts about five of them across the box. */
export function graticuleStep(box: Box): number {
  const wanted = Math.max(box.east - box.west, 1e-4) / LINES_WANTED;
  return STEPS.findLast((step) => step >= wanted) ?? STEPS[0] ?? 30;
}

/** Meridians and parallels that cross the box, each with its degrees as label. */
export function graticule(box: Box): GeoJSON.FeatureCollection<GeoJSON.LineString> {
  const step = graticuleStep(box);
  const digits = step >= 1 ? 0 : Math.ceil(-Math.log10(step));
  const pad = step;
  const features: GeoJSON.Feature<GeoJSON.LineString>[] = [];
  const line = (label: string, from: [number, number], to: [number, number]): void => {
    features.push({
      type: 'Feature',
      properties: { label },
      geometry: { type: 'LineString', coordinates: [from, to] },
    });
  };
  for (let i = Math.floor(box.west / step); i * step <= box.east; i += 1) {
    const lon = i * step;
    const label = `${Math.abs(lon).toFixed(digits)}°${lon < 0 ? 'W' : 'E'}`;
    line(label, [lon, Math.max(-85, box.south - pad)], [lon, Math.min(85, box.north + pad)]);
  }
  for (let i = Math.floor(box.south / step); i * step <= box.north; i += 1) {
    const lat = i * step;
    if (Math.abs(lat) > 85) continue;
    const label = `${Math.abs(lat).toFixed(digits)}°${lat < 0 ? 'S' : 'N'}`;
    line(label, [box.west - pad, lat], [box.east + pad, lat]);
  }
  return { type: 'FeatureCollection', features };
}

/** The smallest box around all points; null without any. */
export function around(points: readonly [number, number][]): Box | null {
  if (points.length === 0) return null;
  const lats = points.map(([lat]) => lat);
  const lons = points.map(([, lon]) => lon);
  return {
    west: Math.min(...lons),
    south: Math.min(...lats),
    east: Math.max(...lons),
    north: Math.max(...lats),
  };
}
