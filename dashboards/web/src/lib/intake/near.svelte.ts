import { get } from '../api/client';
import type { Duplicate } from '../api/types';
import { language } from '../i18n/index.svelte';
import type { Draft } from './draft.svelte';

/** How often the same question is asked again: somebody else may have filed meanwhile. */
const AGAIN_MS = 20_000;

/** What is open near the fault that is being written down. Only a hint: where it fails, it is empty. */
export class NearBook {
  found = $state.raw<readonly Duplicate[]>([]);
  #asked = '';
  #at = 0;

  /** Ask where anything that matters has changed, or some time has passed. `now`: milliseconds. */
  follow(draft: Draft, now: number): void {
    const question = questionOf(draft);
    if (question === null) {
      this.#asked = '';
      this.found = [];
      return;
    }
    if (question === this.#asked && now - this.#at < AGAIN_MS) return;
    if (question !== this.#asked) this.found = [];
    this.#asked = question;
    this.#at = now;
    get<Duplicate[]>(`/api/duplicates?${question}`).then(
      (found) => {
        if (question === this.#asked) this.found = found;
      },
      () => {},
    );
  }
}

/** The place and the kind of fault, as far as they are known; null: neither place nor account is. */
function questionOf(draft: Draft): string | null {
  if (!draft.isRepair) return null;
  const { fault, customerId } = draft.fields;
  const { point, origin } = draft;
  const told = new URLSearchParams();
  if (point) {
    told.set('lat', point[0].toFixed(5));
    told.set('lon', point[1].toFixed(5));
  }
  if (origin?.premiseId) told.set('premise_id', origin.premiseId);
  if (origin?.node) told.set('node', origin.node);
  if (customerId) told.set('customer_id', customerId);
  if (told.size === 0) return null;
  if (fault) told.set('fault_code', fault);
  told.sort();
  return told.toString();
}

/** Why two may be the same, in the reader's language. */
export const reasonsOf = ({ reasons }: Duplicate): string =>
  reasons.map(({ zh, en }) => (language() === 'en' ? en : zh)).join(' · ');
