import { ApiProblem, get } from '../api/client';
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
