import { ApiProblem, get } from '../api/client';
import type { Id, Schemas } from '../api/types';
import type { Guide } from './guide';

/** Guides as they come from the server, once each; a lost network is tried again when asked again. */
export class GuideBook {
  #known = $state.raw<ReadonlyMap<string, Guide | null>>(new Map());
  /** The last one asked for did not come. */
  missing = $state(false);

  /** Null: there is none for this fault; undefined: not here. */
  of(code: string): Guide | null | undefined {
    return this.#known.get(code);
  }

  /** What the customer's account says by itself: its state where that is a cause, else `active`. */
  async accountState(code: string, customerId: Id): Promise<string> {
    const path = `/api/guides/${encodeURIComponent(code)}/outcome?customer_id=${encodeURIComponent(customerId)}`;
    try {
      const { because } = await get<Schemas['GuideOutcome']>(path);
      return because.find(({ question }) => question === '')?.answer ?? 'active';
    } catch {
      return 'active'; // the server counts it when the ticket is filed
    }
  }

  async ask(code: string): Promise<void> {
    if (this.#known.has(code)) return;
    try {
      this.#put(code, await get<Guide>(`/api/guides/${encodeURIComponent(code)}`));
      this.missing = false;
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 404) this.#put(code, null);
      else this.missing = true;
    }
  }

  #put(code: string, guide: Guide | null): void {
    this.#known = new Map(this.#known).set(code, guide);
  }
}

/** One for the page: guides are the same for every draft. */
export const guideBook = new GuideBook();
