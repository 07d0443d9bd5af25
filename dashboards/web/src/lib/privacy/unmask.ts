import { get, post } from '../api/client';
import type { Id, Iso, Named, Reference, Schemas } from '../api/types';

/** Which masked value: the record and its field. */
export interface Hidden {
  entity: Schemas['UnmaskBody']['entity'];
  id: Id;
  field: string;
}

export interface Shown {
  value: string | null;
  value_en: string | null;
  until: Iso;
}

/** Seconds for which a value is shown; the server's law. */
export const SHOWN_S = 60;
/** The reason that takes words. */
export const NEEDS_WORDS = 'other';

/** Does this text hide something? Masks are made of these two signs. */
export const isMasked = (text: string | null | undefined): boolean => /[*…]/.test(text ?? '');

let reasons: Promise<readonly Named[]> | null = null;

/** Why somebody may look, fetched once for the page. */
export function unmaskReasons(): Promise<readonly Named[]> {
  reasons ??= get<Reference>('/api/reference').then(
    (reference) => reference.unmask_reasons,
    (problem: unknown) => {
      reasons = null;
      throw problem;
    },
  );
  return reasons;
}

/** Look at one value. `key`: the person's action, the same on a repetition. */
export const unmask = (what: Hidden, reason: string, words: string, key: string): Promise<Shown> =>
  post<Shown>(
    '/api/unmask',
    { ...what, reason_code: reason, reason_text: words.trim() || null },
    key,
  );
