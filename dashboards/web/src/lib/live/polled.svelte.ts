import { ApiProblem, get } from '../api/client';
import { goToLogin } from '../api/session';
import { serverClock } from '../time/clock.svelte';

/**
 * What a page that is not live asks for again and again. The last known answer stays while a newer
 * one is on its way, and while the server is not reached; `since` then says how old it is.
 */
export class Polled<T> {
  data = $state.raw<T | null>(null);
  problem = $state.raw<unknown>(null);
  busy = $state(false);
  /** When the last answer came, server's clock in ms; null while what is shown is the newest. */
  since = $state<number | null>(null);
  #path: string | null = null;
  #heardAt: number | null = null;
  #asked = 0;

  /** `keeps`: the last answer stays also while another address is asked; a list that is narrowed. */
  constructor(
    private readonly everyMs: number,
    private readonly keeps = false,
  ) {}

  /** Ask for this now and every `everyMs` from now on. An effect's body: gives its end. */
  follow(path: string | null): () => void {
    if (path !== this.#path) {
      this.#path = path;
      this.#asked += 1;
      if (!this.keeps) this.data = null;
      this.problem = null;
      this.since = null;
      this.busy = false;
    }
    if (path === null) return () => {};
    void this.again();
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void this.again();
    }, this.everyMs);
    const now = (): void => void this.again();
    addEventListener('online', now);
    document.addEventListener('visibilitychange', now);
    return () => {
      clearInterval(timer);
      removeEventListener('online', now);
      document.removeEventListener('visibilitychange', now);
    };
  }

  /** Ask once more. An answer that a later one has overtaken is dropped. */
  async again(): Promise<void> {
    const path = this.#path;
    if (path === null) return;
    const asked = ++this.#asked;
    this.busy = true;
    try {
      const data = await get<T>(path);
      if (asked === this.#asked) this.show(data);
    } catch (error) {
      if (asked === this.#asked) this.#failed(error);
    }
  }

  /** An answer, also one that came another way: what an act of this page gave outdates all asked. */
  show(data: T): void {
    this.#asked += 1;
    this.busy = false;
    this.data = data;
    this.problem = null;
    this.since = null;
    this.#heardAt = serverClock.exact();
  }

  #failed(error: unknown): void {
    if (error instanceof ApiProblem && error.status === 401) goToLogin();
    this.busy = false;
    this.problem = error;
    if (this.data !== null) this.since = this.#heardAt;
  }
}
