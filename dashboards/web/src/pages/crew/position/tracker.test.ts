import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ApiProblem, NotReached } from '../../../lib/api/client';
import { BEAT_MS, GAP_MS, MOST_KEPT, surplus, worth, type Kept } from './keeping';
import type { Answer, PositionLine } from './sending';
import { MemoryPositions } from './store';
import { Tracker, type Sky } from './tracker.svelte';

const CREW = 'crew';
const AHEAD_MS = 5_000;
const WORD = { code: 'ok', name_zh: '已采用', name_en: 'counted' };

/** A receiver that reports where it is told that it is; the server's clock is five seconds ahead. */
class OwnSky implements Sky {
  there = true;
  watches = 0;
  exact = false;
  #seen: ((position: GeolocationPosition) => void) | null = null;
  #failed: ((code: number) => void) | null = null;

  watch(exact: boolean, seen: (p: GeolocationPosition) => void, failed: (code: number) => void) {
    this.watches += 1;
    this.exact = exact;
    this.#seen = seen;
    this.#failed = failed;
    return () => {
      this.#seen = this.#failed = null;
    };
  }
  ask = vi.fn();
  lit = 0;
  async keepAwake(): Promise<() => void> {
    this.lit += 1;
    return () => void (this.lit -= 1);
  }
  local = (): number => Date.now();
  server = (): number => Date.now() + AHEAD_MS;
  get watched(): boolean {
    return this.#seen !== null;
  }

  async shows(latitude: number): Promise<void> {
    const none = { altitude: null, heading: NaN, speed: 10, altitudeAccuracy: null };
    const coords = { latitude, longitude: 116, accuracy: 12.34, ...none };
    this.#seen?.({ coords, timestamp: Date.now() } as unknown as GeolocationPosition);
    await vi.advanceTimersByTimeAsync(0);
  }

  fails(code: number): void {
    this.#failed?.(code);
  }
}

/** A server that takes what comes, unless it is told otherwise. */
class OwnLine implements PositionLine {
  readonly took: Kept[][] = [];
  error: Error | null = null;
  device = '';
  onDuty = true;

  until: Promise<void> = Promise.resolve();

  async send(_crew: string, device: string, positions: readonly Kept[]): Promise<Answer> {
    this.took.push([...positions]);
    this.device = device;
    await this.until;
    if (this.error) throw this.error;
    return {
      device_id: device,
      vehicle_id: 'v',
      server_time: '',
      off_s: 0,
      on_duty: this.onDuty,
      codes: positions.map(() => 'ok'),
      words: [WORD],
      wrong: [],
    };
  }

  get positions(): Kept[] {
    return this.took.flat();
  }
}

describe('a phone that is followed on duty', () => {
  let sky: OwnSky;
  let line: OwnLine;
  let store: MemoryPositions;

  beforeEach(() => {
    vi.useFakeTimers();
    sky = new OwnSky();
    line = new OwnLine();
    store = new MemoryPositions();
  });
  afterEach(() => vi.useRealTimers());

  async function opened(allowed = true, user = 'u'): Promise<Tracker> {
    const tracker = new Tracker(line, sky, Promise.resolve(store));
    await tracker.enter(user, CREW);
    if (allowed) await tracker.allow(true);
    await vi.advanceTimersByTimeAsync(0);
    return tracker;
  }

  async function drive(seconds: number, step = 10): Promise<void> {
    for (let s = 0; s < seconds; s += step) {
      await sky.shows(39 + (Date.now() % 1e7) / 1e9);
      await vi.advanceTimersByTimeAsync(step * 1000);
    }
  }

  test('never begins by itself', async () => {
    const tracker = await opened(false);
    expect(tracker.state).toBe('off');
    expect(sky.watches).toBe(0);
    expect(line.took).toEqual([]);
  });

  test('is allowed once for this login on this phone, and can be stopped', async () => {
    const first = await opened();
    expect(first.state).toBe('finding');
    await sky.shows(39);
    expect(first.state).toBe('on');
    expect((await opened(false)).allowed).toBe(true);
    expect((await opened(false, 'other')).allowed).toBe(false);
    await first.allow(false);
    expect(sky.watched).toBe(false);
    expect((await opened(false)).state).toBe('off');
  });

  test("sends what it saw on the server's clock, and forgets what was answered", async () => {
    const tracker = await opened();
    tracker.follow(false, true);
    const at = Date.now() + AHEAD_MS;
    await sky.shows(39.5);
    await vi.advanceTimersByTimeAsync(10_000);
    const [one] = line.positions;
    expect(one).toMatchObject({ at, lat: 39.5, accuracy_m: 12.3, speed_kmh: 36, course_deg: null });
    expect(await store.all()).toEqual([]);
    expect(tracker.waiting).toBe(0);
    expect(sky.exact).toBe(true);
  });

  test('a tap carries where the phone is, not where it was', async () => {
    const tracker = await opened();
    expect(tracker.spot()).toEqual({});
    await sky.shows(39.5);
    await sky.shows(39.6); // says nothing new to the server, so soon
    expect(tracker.spot()).toEqual({ lat: 39.6, lon: 116, accuracy_m: 12.3 });
    await vi.advanceTimersByTimeAsync(GAP_MS + 1_000);
    expect(tracker.spot()).toEqual({});
    await sky.shows(39.5);
    await tracker.allow(false);
    expect(tracker.spot()).toEqual({});
  });

  test('what is seen while a try is under way goes out soon after it', async () => {
    const tracker = await opened(false);
    let answer = (): void => {};
    line.until = new Promise((resolve) => (answer = resolve));
    await tracker.allow(true);
    await sky.shows(39.5); // the server has not answered yet
    answer();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(line.positions.map(({ lat }) => lat)).toEqual([39.5]);
  });

  test('keeps all without signal and sends it in order, each at least once', async () => {
    const tracker = await opened();
    tracker.follow(false, true);
    line.error = new NotReached(null);
    await drive(3600);
    expect(tracker.waiting).toBe(360);
    const tried = line.took.length;
    line.error = null;
    tracker.wake();
    await vi.advanceTimersByTimeAsync(120_000);
    const sent = line.took.slice(tried).flat();
    expect(sent.map(({ at }) => at)).toEqual([...sent.map(({ at }) => at)].sort((a, b) => a - b));
    expect(sent.length).toBeGreaterThanOrEqual(360);
    expect(line.took.every((batch) => batch.length <= 200)).toBe(true);
    expect(tracker.waiting).toBe(0);
  });

  test('rests while the crew is away, and says so', async () => {
    const tracker = await opened();
    await sky.shows(39);
    tracker.follow(true, false);
    expect([tracker.state, sky.watched]).toEqual(['resting', false]);
    await sky.shows(40);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(line.positions.some(({ lat }) => lat === 40)).toBe(false);
    tracker.follow(false, false);
    expect(sky.watched).toBe(true);
    await sky.shows(41);
    expect([tracker.state, tracker.gaps]).toEqual(['on', []]);
  });

  test("rests at the server's word, asks again without a position, and goes on", async () => {
    line.onDuty = false;
    const tracker = await opened();
    expect([tracker.state, sky.watched]).toEqual(['resting', false]);
    line.onDuty = true;
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    expect(line.positions).toEqual([]);
    expect(sky.watched).toBe(true);
    await sky.shows(39);
    expect(tracker.state).toBe('on');
  });

  test('tells an interruption when the page is back, and when it is opened anew', async () => {
    const tracker = await opened();
    await drive(60);
    const from = tracker.seenAt;
    await vi.advanceTimersByTimeAsync(15 * 60_000); // the browser has put the page to sleep
    expect(tracker.state).toBe('lost');
    await sky.shows(39.2);
    expect(tracker.state).toBe('on');
    expect(tracker.gaps).toEqual([{ from, to: tracker.seenAt }]);
    tracker.note();
    expect(tracker.gaps).toEqual([]);
    await vi.advanceTimersByTimeAsync(60 * 60_000); // and closed it
    const anew = await opened(false);
    await sky.shows(39.3);
    expect(anew.gaps).toHaveLength(1);
    expect((anew.gaps[0]?.to ?? 0) - (anew.gaps[0]?.from ?? 0)).toBeGreaterThan(GAP_MS);
  });

  test('what was stopped on purpose is no interruption', async () => {
    const tracker = await opened();
    await drive(60);
    await tracker.allow(false);
    await vi.advanceTimersByTimeAsync(60 * 60_000);
    await tracker.allow(true);
    await sky.shows(39.3);
    expect(tracker.gaps).toEqual([]);
    const anew = await opened(false);
    await sky.shows(39.4);
    expect(anew.gaps).toEqual([]);
  });

  test('a refusal is shown with its reason, and tried again when somebody says so', async () => {
    const tracker = await opened();
    line.error = new ApiProblem(409, 'phone_out_of_use', 'out of use');
    await drive(30);
    expect([tracker.state, tracker.why]).toEqual(['refused', 'out of use']);
    expect(sky.watched).toBe(false);
    line.error = null;
    await tracker.allow(true);
    await sky.shows(39);
    expect([tracker.state, tracker.why]).toEqual(['on', null]);
  });

  test('a browser that says no is shown, and so is one without positions', async () => {
    const tracker = await opened();
    sky.fails(1);
    expect([tracker.state, sky.watched]).toEqual(['denied', false]);
    tracker.wake(); // back from the browser's settings, where nothing was changed
    sky.fails(1);
    expect([tracker.state, sky.watched]).toEqual(['denied', false]);
    tracker.wake(); // and now it was
    await sky.shows(39);
    expect(tracker.state).toBe('on');
    sky.there = false;
    expect((await opened()).state).toBe('missing');
  });

  test('a phone at rest is asked, so that it is not taken for a dead one', async () => {
    await opened();
    await sky.shows(39);
    await vi.advanceTimersByTimeAsync(2 * BEAT_MS);
    expect(sky.ask).toHaveBeenCalled();
  });

  test('keeps the screen on while there is an order in hand, and only then', async () => {
    const tracker = await opened();
    await sky.shows(39);
    expect(sky.lit).toBe(0);
    tracker.follow(false, true);
    await vi.advanceTimersByTimeAsync(0);
    expect(sky.lit).toBe(1);
    tracker.wake(); // the browser lets go whenever the page leaves the screen
    await vi.advanceTimersByTimeAsync(0);
    expect(sky.lit).toBe(1);
    tracker.follow(true, true);
    expect(sky.lit).toBe(0);
    tracker.follow(false, true);
    tracker.follow(false, false);
    await vi.advanceTimersByTimeAsync(0);
    expect(sky.lit).toBe(0);
  });

  test('tells what became of the newest position', async () => {
    const tracker = await opened();
    await sky.shows(39);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(tracker.became).toEqual(WORD);
    expect([tracker.device, tracker.vehicle]).toEqual([line.device, 'v']);
  });

  test('whoever logs out leaves nothing on the phone', async () => {
    const tracker = await opened();
    line.error = new NotReached(null);
    await drive(60);
    expect(await store.all()).not.toEqual([]);
    await tracker.leave();
    expect(await store.all()).toEqual([]);
    line.error = null;
    line.took.length = 0;
    const again = await opened();
    await sky.shows(39.4);
    await again.flush();
    await again.leave();
    expect(line.positions.map(({ lat }) => lat)).toEqual([39.4]);
    expect(sky.watched).toBe(false);
  });

  test('positions of a former crew are not sent for the new one', async () => {
    const tracker = await opened();
    line.error = new NotReached(null);
    await drive(60);
    line.error = null;
    line.took.length = 0;
    await tracker.enter('u', 'another');
    await vi.advanceTimersByTimeAsync(120_000);
    expect(line.positions).toEqual([]);
  });
});

describe('what is kept', () => {
  const at = (ms: number, lat = 39): Kept => ({
    at: ms,
    user: 'u',
    crew: CREW,
    lat,
    lon: 116,
    accuracy_m: 10,
    speed_kmh: null,
    course_deg: null,
    altitude_m: null,
  });

  test('is less while there is nothing to do', () => {
    expect(worth(at(0), at(6_000), true)).toBe(true);
    expect(worth(at(0), at(6_000), false)).toBe(false);
    expect(worth(at(0), at(31_000), false)).toBe(true);
    expect(worth(at(0), at(2_000, 39.001), true)).toBe(true);
    expect(worth(at(5_000), at(4_000), true)).toBe(false);
  });

  test('is bounded: the oldest are thinned, the newest and the first stay', () => {
    const times = Array.from({ length: MOST_KEPT + 1 }, (_, index) => index);
    const gone = surplus(times);
    expect(surplus(times.slice(1))).toEqual([]);
    expect(gone.length).toBeGreaterThan(1_000);
    expect(gone).not.toContain(0);
    expect(Math.max(...gone)).toBeLessThan(MOST_KEPT - 999);
  });
});
