import { ApiProblem } from '../../../lib/api/client';
import type { Schemas } from '../../../lib/api/types';
import type { Kept } from './keeping';
import type { PositionStore } from './store';

export type Answer = Schemas['PhoneAnswer'];

/** How positions go out; the tests bring their own line. */
export interface PositionLine {
  /** One try. Throws ApiProblem where the server said no, anything else where it was not reached. */
  send(crew: string, device: string, positions: readonly Kept[]): Promise<Answer>;
}

export interface Heard {
  /** Something was sent, or only asked for: the server's word. */
  answered(answer: Answer, sent: readonly Kept[]): void;
  /** The server said no for good: out of use, not this crew's. */
  refused(problem: ApiProblem): void;
  /** How many wait on the phone. */
  waiting(count: number): void;
}

const BATCH = 200;
const PAUSES_MS = [2_000, 5_000, 10_000, 20_000, 40_000, 60_000];
const FOR_GOOD = new Set([403, 404, 409, 422]);

/**
 * Sends what is kept, oldest first, until the server has answered for each; then it leaves the phone.
 * What is sent twice is stored once, so that nothing has to be known about a try that was not answered.
 */
export class Sending {
  #running = false;
  /** Something came while a try was under way, which may not have taken it along. */
  #wanted: number | null = null;
  #tries = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = true;

  constructor(
    private readonly store: PositionStore,
    private readonly line: PositionLine,
    private readonly heard: Heard,
    private readonly who: { user: string; crew: string; device: string },
  ) {}

  start(): void {
    this.#stopped = false;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Send within so many ms, or sooner where that is planned already. */
  soon(ms: number): void {
    if (this.#running) this.#wanted = ms;
    if (this.#stopped || this.#running || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.now(), ms);
  }

  /** There may be signal now. `ask`: also where nothing waits, to hear whether the crew is on duty. */
  async now(ask = false): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#running || this.#stopped) return;
    this.#running = true;
    try {
      await this.#sendAll(ask);
    } finally {
      this.#running = false;
      const wanted = this.#wanted;
      this.#wanted = null;
      if (wanted !== null) this.soon(wanted);
    }
  }

  async #sendAll(ask: boolean): Promise<void> {
    const { user, crew, device } = this.who;
    for (;;) {
      const all = await this.store.all().catch(() => []);
      const mine = all.filter((one) => one.user === user && one.crew === crew);
      const batch = mine.slice(0, BATCH);
      this.heard.waiting(mine.length);
      if ((batch.length === 0 && !ask) || this.#stopped) return;
      try {
        const answer = await this.line.send(crew, device, batch);
        this.#tries = 0;
        await this.store.drop(batch.map(({ at }) => at));
        this.heard.answered(answer, batch);
      } catch (error) {
        this.#failed(error, ask);
        return;
      }
      if (mine.length === batch.length) {
        this.heard.waiting(0);
        return;
      }
      ask = false;
    }
  }

  #failed(error: unknown, ask: boolean): void {
    if (error instanceof ApiProblem && FOR_GOOD.has(error.status) && !passing(error)) {
      this.heard.refused(error);
      return;
    }
    const pause = PAUSES_MS[Math.min(this.#tries++, PAUSES_MS.length - 1)] ?? 2_000;
    this.#timer = setTimeout(() => void this.now(ask), pause);
  }
}

const passing = ({ code }: ApiProblem): boolean => code === 'csrf' || code === 'concurrent_change';
