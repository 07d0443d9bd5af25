import { ApiProblem, newKey, post } from '../../../lib/api/client';
import { currentSession } from '../../../lib/api/session';
import { serverClock } from '../../../lib/time/clock.svelte';
import type { Kept } from './keeping';
import type { Answer, PositionLine } from './sending';
import type { Sky } from './tracker.svelte';

const PATIENCE_MS = 30_000;

/** The browser's own receiver and clock. */
export const browserSky: Sky = {
  there: 'geolocation' in navigator && globalThis.isSecureContext,
  watch(exact, seen, failed) {
    const id = navigator.geolocation.watchPosition(seen, ({ code }) => failed(code), {
      enableHighAccuracy: exact,
      timeout: PATIENCE_MS,
      maximumAge: 0,
    });
    return () => navigator.geolocation.clearWatch(id);
  },
  ask(seen) {
    // A failure here is the watch's to tell.
    navigator.geolocation.getCurrentPosition(seen, () => {}, {
      enableHighAccuracy: false,
      timeout: PATIENCE_MS,
      maximumAge: 5_000,
    });
  },
  async keepAwake() {
    // Refused on a low battery, and where the page is hidden: then the phone sleeps as it likes.
    const lock = await navigator.wakeLock?.request('screen').catch(() => undefined);
    return () => void lock?.release().catch(() => {});
  },
  local: () => Date.now(),
  server: () => serverClock.exact(),
};

/** The server, and its clock measured anew with each answer. */
export const serverLine: PositionLine = {
  async send(crew, device, positions) {
    try {
      return await sent(crew, device, positions);
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.code !== 'csrf') throw error;
      await currentSession();
      return sent(crew, device, positions);
    }
  },
};

async function sent(crew: string, device: string, positions: readonly Kept[]): Promise<Answer> {
  const asked = Date.now();
  const body = {
    device,
    sent_at: new Date(serverClock.exact()).toISOString(),
    positions: positions.map(({ at, lat, lon, accuracy_m, speed_kmh, course_deg, altitude_m }) => ({
      at: new Date(at).toISOString(),
      lat,
      lon,
      accuracy_m,
      speed_kmh,
      course_deg,
      altitude_m,
    })),
  };
  const answer = await post<Answer>(`/api/crews/${crew}/positions`, body, newKey(), []);
  serverClock.sample(answer.server_time, asked, Date.now());
  return answer;
}
