import type { ApiProblem } from '../../../lib/api/client';
import { newKey } from '../../../lib/api/client';
import { BEAT_MS, GAP_MS, kept, surplus, worth, type Gap, type Kept } from './keeping';
import { Sending, type Answer, type PositionLine } from './sending';
import { MemoryPositions, type PositionStore } from './store';

/**
 * off: nobody has allowed it here, or it was switched off · resting: away or off duty · finding: allowed,
 * no position yet · on · lost: the receiver finds nothing now · denied: the browser refuses ·
 * refused: the server does · missing: this browser has no positions, or gives none without HTTPS.
 */
export type TrackingState =
  | 'off'
  | 'resting'
  | 'finding'
  | 'on'
  | 'lost'
  | 'denied'
  | 'refused'
  | 'missing';

/** What the browser does; the tests bring their own. */
export interface Sky {
  readonly there: boolean;
  watch(
    exact: boolean,
    seen: (position: GeolocationPosition) => void,
    failed: (code: number) => void,
  ): () => void;
  ask(seen: (position: GeolocationPosition) => void): void;
  /** Keeps the screen on until the result is called; a page that is not on it sees nothing. */
  keepAwake(): Promise<() => void>;
  local(): number;
  server(): number;
}

interface Last {
  user: string;
  at: number;
  /** It was to go on: what comes much later ends a gap. */
  on: boolean;
}

const DENIED = 1;
/** Whoever switched it on, or the dispatcher, is waiting to see it. */
const FIRST_SEND_MS = 500;
const WORKING_SEND_MS = 5_000;
const IDLE_SEND_MS = 20_000;
const ASK_AGAIN_MS = 5 * 60_000;
const LAST_EVERY_MS = 20_000;
const GAPS = 5;

/**
 * Where the phone is, kept and sent while the crew is on duty and somebody on this phone has allowed
 * it. It never begins by itself, and never hides that it does not work: browsers stop it in the
 * background, and say nothing.
 */
export class Tracker {
  state = $state<TrackingState>('off');
  /** What this phone remembers has been read; before that the state says nothing. */
  ready = $state(false);
  /** When the phone was last seen, server's clock; null: not since this page was opened. */
  seenAt = $state<number | null>(null);
  accuracy = $state<number | null>(null);
  waiting = $state(0);
  /** Positions that had to go for want of room. */
  dropped = $state(0);
  /** Newest first; those that somebody has noted are gone. */
  gaps = $state.raw<readonly Gap[]>([]);
  /** The server's own word on why it does not want them. */
  why = $state<string | null>(null);
  allowed = $state(false);
  /** What became of the newest position that was sent, in the server's words. */
  became = $state.raw<Answer['words'][number] | null>(null);
  /** The server's id of this phone, and the vehicle that it is in; null: the crew has none now. */
  device = $state<string | null>(null);
  vehicle = $state<string | null>(null);
  #who: { user: string; crew: string; device: string } | null = null;
  #sending: Sending | null = null;
  #working = false;
  #away = false;
  #stopWatch: (() => void) | null = null;
  #last: Kept | null = null;
  /** As `#last`, also where it says nothing new. */
  #newest: Kept | null = null;
  #first = true;
  #before: Last | null = null;
  #saved = 0;
  #mayTheScreenSleep: (() => void) | null = null;
  #beat: ReturnType<typeof setInterval> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly line: PositionLine,
    private readonly sky: Sky,
    private readonly opened: Promise<PositionStore> = Promise.resolve(new MemoryPositions()),
  ) {}

  /** This login works for this crew, on this phone. */
  async enter(user: string, crew: string): Promise<void> {
    if (this.#who?.user === user && this.#who.crew === crew) return;
    this.stop();
    const store = await this.opened;
    const device = (await read<string>(store, 'device')) ?? newKey();
    await store.set('device', device).catch(() => {});
    await dropOthers(store, user, crew);
    this.allowed = (await read<boolean>(store, `allowed ${user}`)) ?? false;
    const before = (await read<Last>(store, 'last')) ?? null;
    this.#before = before?.user === user && before.on ? before : null;
    this.#who = { user, crew, device };
    const heard = {
      answered: (answer: Answer, sent: readonly Kept[]) => this.#answered(answer, sent),
      refused: (problem: ApiProblem) => this.#refused(problem),
      waiting: (count: number) => (this.waiting = count),
    };
    this.#sending = new Sending(store, this.line, heard, this.#who);
    this.#go();
    this.ready = true;
  }

  /** Somebody on this phone lets it send, or stops it. */
  async allow(allowed: boolean): Promise<void> {
    this.allowed = allowed;
    this.why = null;
    if (allowed) this.#go();
    else this.#rest('off');
    const user = this.#who?.user;
    if (user) await (await this.opened).set(`allowed ${user}`, allowed).catch(() => {});
  }

  /** What the crew does: away, or with an order in hand (then it is followed closely). */
  follow(away: boolean, working: boolean): void {
    const changed = working !== this.#working;
    this.#working = working;
    if (away !== this.#away) {
      this.#away = away;
      this.#go();
    } else if (changed && (this.#stopWatch || this.state === 'resting')) this.#go();
  }

  /** The page is back, or the signal is. */
  wake(): void {
    if (!this.#stopWatch) {
      // Whoever comes back from the browser's settings may have let it.
      if (this.state === 'resting' || this.state === 'denied') this.#go();
      return;
    }
    this.#look();
    void this.#sending?.now();
    void this.#stayAwake(); // it ends whenever the page leaves the screen
  }

  /** Where the phone is now, as a tap carries it; nothing where nobody knows. */
  spot(): Record<string, number> {
    const here = this.#newest;
    if (!here || this.sky.server() - here.at > GAP_MS) return {};
    const { lat, lon, accuracy_m } = here;
    return { lat, lon, ...(accuracy_m === null ? {} : { accuracy_m }) };
  }

  /** What was told about an interruption has been read. */
  note(): void {
    this.gaps = [];
  }

  /** What waits goes out while it may. */
  flush(): Promise<void> {
    return this.#sending?.now() ?? Promise.resolve();
  }

  /** Logged out: nothing of this login stays on the phone. */
  async leave(): Promise<void> {
    const user = this.#who?.user;
    this.stop();
    if (user) await dropMine(await this.opened, user);
  }

  stop(): void {
    this.#rest('off');
    this.#sending?.stop();
    this.#who = null;
  }

  /** Begin, or stop, by what is known now. */
  #go(): void {
    if (!this.#who || !this.allowed) return this.#rest('off');
    if (!this.sky.there) return this.#rest('missing');
    if (this.#away) return this.#rest('resting');
    this.#sending?.start();
    this.#stopWatch?.();
    if (this.state !== 'on') this.state = 'finding';
    this.#first = true;
    this.#stopWatch = this.sky.watch(
      this.#working,
      (position) => this.#seen(position),
      (code) => this.#failed(code),
    );
    clearTimeout(this.#again);
    clearInterval(this.#beat);
    this.#beat = setInterval(() => this.#look(), BEAT_MS / 2);
    void this.#sending?.now(true);
    void this.#stayAwake();
  }

  #letSleep(): void {
    this.#mayTheScreenSleep?.();
    this.#mayTheScreenSleep = null;
  }

  /** On the way the screen stays on: a phone that sleeps is seen by nobody. */
  async #stayAwake(): Promise<void> {
    this.#letSleep();
    if (!this.#working) return;
    const release = await this.sky.keepAwake();
    this.#letSleep(); // another call may have been faster
    if (this.#working && this.#stopWatch) this.#mayTheScreenSleep = release;
    else release();
  }

  #rest(state: TrackingState): void {
    this.#stopWatch?.();
    this.#stopWatch = null;
    this.#letSleep();
    this.#last = null;
    this.#newest = null;
    clearInterval(this.#beat);
    clearTimeout(this.#again);
    this.state = state;
    // What was meant to stop makes no gap.
    if (this.#before || this.seenAt !== null) void this.#save(false);
    this.#before = null;
  }

  /** A phone at rest may be told nothing by its receiver: ask it. */
  #look(): void {
    if (!this.#stopWatch) return;
    const silent = this.sky.server() - (this.#last?.at ?? 0);
    if (silent < BEAT_MS / 2) return;
    this.sky.ask((position) => this.#seen(position));
    if (silent > GAP_MS && this.state === 'on') this.state = 'lost';
  }

  #seen(position: GeolocationPosition): void {
    if (!this.#who || !this.#stopWatch) return;
    const now = { local: this.sky.local(), server: this.sky.server() };
    const next = kept(position, this.#who, now);
    this.state = 'on';
    this.accuracy = next.accuracy_m;
    this.#newest = next;
    if (!worth(this.#last, next, this.#working)) return;
    this.#tellGap(next.at);
    this.#last = next;
    this.seenAt = next.at;
    void this.#keep(next);
  }

  #tellGap(at: number): void {
    const from = this.#last?.at ?? this.#before?.at;
    this.#before = null;
    if (from === undefined || at - from <= GAP_MS) return;
    this.gaps = [{ from, to: at }, ...this.gaps].slice(0, GAPS);
  }

  async #keep(position: Kept): Promise<void> {
    const store = await this.opened;
    const first = this.#first;
    this.#first = false;
    try {
      await store.put(position);
      this.waiting += 1;
    } catch {
      this.dropped += 1;
    }
    await this.#save(true);
    const times = this.waiting % 100 === 0 ? (await store.all()).map(({ at }) => at) : [];
    const over = surplus(times);
    if (over.length > 0) {
      await store.drop(over).catch(() => {});
      this.dropped += over.length;
    }
    this.#sending?.soon(first ? FIRST_SEND_MS : this.#working ? WORKING_SEND_MS : IDLE_SEND_MS);
  }

  /** For the next page on this phone: when it was last seen, and whether it was to go on. */
  async #save(on: boolean): Promise<void> {
    const at = this.seenAt ?? this.#before?.at;
    const user = this.#who?.user;
    if (at === undefined || !user) return;
    if (on && at - this.#saved < LAST_EVERY_MS) return;
    this.#saved = on ? at : 0;
    await (await this.opened).set('last', { user, at, on } satisfies Last).catch(() => {});
  }

  #failed(code: number): void {
    if (code === DENIED) this.#rest('denied');
    else if (this.state !== 'on' || this.sky.server() - (this.#last?.at ?? 0) > GAP_MS) {
      this.state = 'lost';
    }
  }

  #answered(answer: Answer, sent: readonly Kept[]): void {
    this.device = answer.device_id;
    this.vehicle = answer.vehicle_id;
    if (sent.length > 0) {
      this.became = answer.words.find(({ code }) => code === answer.codes.at(-1)) ?? null;
    }
    if (answer.on_duty) return;
    this.#rest('resting');
    this.#again = setTimeout(() => this.#go(), ASK_AGAIN_MS);
  }

  #refused(problem: ApiProblem): void {
    this.why = problem.detail;
    this.#rest('refused');
  }
}

const read = <T>(store: PositionStore, name: string): Promise<T | undefined> =>
  store.get<T>(name).catch(() => undefined);

/** Of this login for another crew: they are of a vehicle that it has no longer. */
const dropOthers = (store: PositionStore, user: string, crew: string): Promise<void> =>
  dropMine(store, user, (one) => one.crew !== crew);

async function dropMine(
  store: PositionStore,
  user: string,
  which: (one: Kept) => boolean = () => true,
): Promise<void> {
  const all = await store.all().catch(() => []);
  const gone = all.filter((one) => one.user === user && which(one));
  await store.drop(gone.map(({ at }) => at)).catch(() => {});
}
