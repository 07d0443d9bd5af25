import { ApiProblem } from '../../lib/api/client';
import type { CrewRow, OrderRow } from '../../lib/api/types';
import { isWaiting, type Act } from './acts';
import type { Store } from './store';

/** How an act goes out; the tests bring their own line. */
export interface Line {
  /** One try. Throws ApiProblem where the server said no, anything else where it was not reached. */
  send(act: Act): Promise<OrderRow | CrewRow>;
  applied(act: Act, row: OrderRow | CrewRow): void;
  /** The login has ended: nothing is sent until somebody logs in. */
  loginEnded(): void;
  /** The CSRF token is of an earlier login: fetch the present one. Gives the id of its user. */
  renew(): Promise<string>;
  /** Somebody else has logged in on this phone meanwhile. */
  loginChanged(): void;
}

const PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
/** Settled acts that stay on the list. */
const REMEMBERED = 30;
/** Answers that say nothing about the act itself. */
const AGAIN = new Set([408, 425, 429]);

/**
 * What the crew tapped, kept on the phone and sent in order, each under its own key until the server
 * has answered: applied, or refused with a reason. Nothing is ever dropped silently.
 */
export class Outbox {
  acts = $state.raw<readonly Act[]>([]);
  /** Waiting acts of other logins on this phone. */
  others = $state(0);
  /** False: something is kept by this page only. */
  lasting = $state(true);
  readonly waiting = $derived(this.acts.filter(isWaiting));
  #user = '';
  /** The server has said that this user is the one logged in. */
  #known = false;
  #seq = 0;
  #running = false;
  /** Woken while it ran. */
  #again = false;
  #tries = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly store: Store,
    private readonly line: Line,
  ) {
    this.lasting = store.lasting;
  }

  /** The server says who is logged in: what this login left goes out. */
  async enter(user: string): Promise<void> {
    const opened = this.open(user);
    this.#known = true;
    this.wake();
    await opened;
  }

  /**
   * Show what this login left, as the phone remembers it. Nothing goes out before `enter`: the
   * login may be another one by now, and its refusal would count for the one that tapped.
   */
  async open(user: string): Promise<void> {
    if (this.#user === user) return;
    this.#user = user;
    this.#known = false;
    this.acts = [];
    const all = (await this.store.acts().catch(() => [])).sort((a, b) => a.seq - b.seq);
    if (this.#user !== user) return; // somebody else has come meanwhile
    this.others = all.filter((act) => act.user !== user && isWaiting(act)).length;
    const mine = all.filter((act) => act.user === user);
    // What was on its way when the page died is sent again under the same key.
    const left = mine.map((act): Act => (isWaiting(act) ? { ...act, state: 'kept' } : act));
    this.acts = [...left, ...this.acts];
    await this.#forget();
    this.wake();
  }

  /** Keep a tap; it is sent as soon as it can be. */
  async add(tap: Omit<Act, 'seq' | 'user' | 'state'>): Promise<void> {
    const act: Act = { ...tap, seq: this.#next(), user: this.#user, state: 'keeping' };
    this.acts = [...this.acts, act];
    await this.store.putAct({ ...act, state: 'kept' }).catch(() => {
      // The store is full or gone: the act lives as long as the page, and is sent all the same.
      this.lasting = false;
    });
    this.#change(act.key, { state: 'kept' });
    this.wake();
  }

  #next(): number {
    this.#seq = Math.max(this.#seq + 1, Date.now());
    return this.#seq;
  }

  /** Refused acts were read: they leave the screen. */
  async note(acts: readonly Act[]): Promise<void> {
    const keys = new Set(acts.map((act) => act.key));
    this.acts = this.acts.filter((act) => !keys.has(act.key));
    await Promise.all([...keys].map((key) => this.store.dropAct(key)));
  }

  /** There may be signal now. */
  wake(): void {
    clearTimeout(this.#timer);
    void this.#run();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#user = '';
    this.#known = false;
  }

  async #run(): Promise<void> {
    this.#again = this.#running;
    if (this.#running || !this.#known) return;
    this.#running = true;
    try {
      await alone(() => this.#sendAll());
    } finally {
      this.#running = false;
    }
    if (this.#again) this.wake();
  }

  async #sendAll(): Promise<void> {
    for (;;) {
      const act = this.acts.find((one) => isWaiting(one));
      if (!act || act.state === 'keeping' || !this.#known) return;
      if (!(await this.#sendOne(act))) return;
    }
  }

  /** True where the next one may follow. */
  async #sendOne(act: Act): Promise<boolean> {
    const stored = await this.store.act(act.key).catch(() => undefined);
    if (stored && !isWaiting(stored)) {
      this.#change(act.key, stored); // another tab of this page has sent it
      return true;
    }
    this.#change(act.key, { state: 'sending' });
    try {
      const row = await this.line.send(act);
      this.#tries = 0;
      // First the row: between the two the act would count on neither.
      this.line.applied(act, row);
      await this.#settle(act, { state: 'applied' });
      return true;
    } catch (error) {
      return this.#failed(act, error);
    }
  }

  async #failed(act: Act, error: unknown): Promise<boolean> {
    if (error instanceof ApiProblem && !passing(error)) {
      await this.#settle(act, { state: 'refused', why: error.detail, code: error.code });
      return true;
    }
    this.#change(act.key, { state: 'kept' });
    if (error instanceof ApiProblem && error.status === 401) {
      this.line.loginEnded();
      return false;
    }
    if (error instanceof ApiProblem && error.code === 'csrf' && this.#tries === 0) {
      this.#tries = 1;
      return this.line.renew().then(
        (user) => user === act.user || this.#stranger(),
        () => this.#later(),
      );
    }
    return this.#later();
  }

  #stranger(): boolean {
    this.#known = false;
    this.line.loginChanged();
    return false;
  }

  #later(): boolean {
    const pause = PAUSES_MS[Math.min(this.#tries++, PAUSES_MS.length - 1)] ?? 1_000;
    this.#timer = setTimeout(() => this.wake(), pause);
    return false;
  }

  async #settle(act: Act, changes: Partial<Act>): Promise<void> {
    this.#change(act.key, changes);
    await this.store.putAct({ ...act, ...changes }).catch(() => {
      // It would be sent once more after a reload; the server applies it once.
    });
    await this.#forget();
  }

  #change(key: string, changes: Partial<Act>): void {
    this.acts = this.acts.map((act) => (act.key === key ? { ...act, ...changes } : act));
  }

  /** The oldest applied ones leave the list; what waits or was refused stays. */
  async #forget(): Promise<void> {
    const old = this.acts.filter((act) => act.state === 'applied').slice(0, -REMEMBERED);
    if (old.length > 0) await this.note(old);
  }
}

/** Does the answer say nothing about the act itself, so that it is to be sent again? */
function passing(problem: ApiProblem): boolean {
  return (
    problem.status >= 500 ||
    problem.status === 401 ||
    AGAIN.has(problem.status) ||
    problem.code === 'csrf' ||
    problem.code === 'concurrent_change'
  );
}

/** Only one tab of this phone sends. */
async function alone(work: () => Promise<void>): Promise<void> {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  if (!locks) return work();
  await locks.request('paidan-crew-outbox', work);
}
