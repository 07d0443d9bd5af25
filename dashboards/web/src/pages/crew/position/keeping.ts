/** Which positions of the phone are kept, and which go first when there is no more room. Pure. */

/** One position on its way to the server. `at`: ms on the server's clock; degrees WGS-84. */
export interface Kept {
  at: number;
  /** The login and the crew that it belongs to. */
  user: string;
  crew: string;
  lat: number;
  lon: number;
  accuracy_m: number | null;
  speed_kmh: number | null;
  course_deg: number | null;
  altitude_m: number | null;
}

/** A time in which the phone was not seen although it should have been. */
export interface Gap {
  from: number;
  to: number;
}

/** Without signal: eleven hours of driving at one each ten seconds. */
export const MOST_KEPT = 4_000;
/** So many of the newest are never thinned. */
const FRESH = 1_000;

const WORKING_MS = 5_000;
const IDLE_MS = 30_000;
/** A phone at rest is heard so often all the same; from twice that on it was not seen. */
export const BEAT_MS = 60_000;
export const GAP_MS = 2 * BEAT_MS + 15_000;
const METRES_PER_DEGREE = 111_195;

/** Whether a position says something that the last one did not. */
export function worth(last: Kept | null, next: Kept, working: boolean): boolean {
  if (!last) return true;
  const elapsed = next.at - last.at;
  if (elapsed <= 0) return false;
  if (elapsed >= (working ? WORKING_MS : IDLE_MS)) return true;
  const turned = Math.max(next.accuracy_m ?? 0, 30);
  return working && metres(last, next) > turned;
}

/** What to drop so that there is room: every second one of the older ones, so that the way remains. */
export function surplus(times: readonly number[]): number[] {
  if (times.length <= MOST_KEPT) return [];
  return times.slice(0, times.length - FRESH).filter((_, index) => index % 2 === 1);
}

/** What the browser gives, as it is sent. `now`: both clocks at the same moment. */
export function kept(
  { coords, timestamp }: GeolocationPosition,
  who: { user: string; crew: string },
  now: { local: number; server: number },
): Kept {
  // A receiver's clock that runs ahead of the phone's own is not believed.
  const age = Math.max(0, now.local - timestamp);
  return {
    ...who,
    at: Math.round(now.server - age),
    lat: rounded(coords.latitude),
    lon: rounded(coords.longitude),
    accuracy_m: number(coords.accuracy, 1),
    speed_kmh: number(coords.speed === null ? null : coords.speed * 3.6, 1),
    course_deg: number(coords.heading, 0),
    altitude_m: number(coords.altitude, 0),
  };
}

const rounded = (degrees: number): number => Math.round(degrees * 1e6) / 1e6;

/** Browsers say NaN, or nothing, for what they do not know. */
function number(value: number | null | undefined, digits: number): number | null {
  if (value === null || value === undefined || !Number.isFinite(value)) return null;
  return Number(value.toFixed(digits));
}

function metres(a: Kept, b: Kept): number {
  const north = (b.lat - a.lat) * METRES_PER_DEGREE;
  const east = (b.lon - a.lon) * METRES_PER_DEGREE * Math.cos((a.lat * Math.PI) / 180);
  return Math.hypot(north, east);
}
