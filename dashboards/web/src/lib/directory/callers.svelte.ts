import { get } from '../api/client';
import type { Caller } from '../api/types';

/** What the directory says of a number, or why it does not. */
export interface Looked {
  caller: Caller | null;
  problem: unknown;
  loading: boolean;
}

/** Who calls: one question for each number, asked anew when the call is looked at again. */
export class CallerBook {
  #known = $state.raw<ReadonlyMap<string, Looked>>(new Map());

  /** What is known now; null where nothing was asked yet. */
  of(number: string): Looked | null {
    return this.#known.get(number) ?? null;
  }

  /** Ask, unless it is known or being asked. `again`: what is known may have changed. */
  async ask(number: string, again = false): Promise<void> {
    const before = this.of(number);
    if (number === '' || before?.loading || (before?.caller && !again)) return;
    const known = before?.caller ?? null;
    this.#put(number, { caller: known, problem: null, loading: true });
    try {
      const found = await get<Caller>(`/api/callers?number=${encodeURIComponent(number)}`);
      this.#put(number, { caller: found, problem: null, loading: false });
    } catch (problem) {
      this.#put(number, { caller: known, problem, loading: false });
    }
  }

  #put(number: string, looked: Looked): void {
    this.#known = new Map(this.#known).set(number, looked);
  }
}
