import { language } from '../i18n/index.svelte';

/** Words for a place, and the same in English where somebody wrote them down. */
export interface Placed {
  place: string | null;
  place_en: string | null;
}

/** Where the fault is, in the reader's language where that is known. Empty: nobody said. */
export const placeOf = ({ place, place_en }: Placed): string =>
  (language() === 'en' && place_en) || place || '';
