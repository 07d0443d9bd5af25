import { language, t, word } from '../i18n/index.svelte';

/** Words for a place, and the same in English where somebody wrote them down. */
export interface Placed {
  place: string | null;
  place_en: string | null;
}

/** Where the fault is, in the reader's language where that is known. Empty: nobody said. */
export const placeOf = ({ place, place_en }: Placed): string =>
  (language() === 'en' && place_en) || place || '';

/** How sure the point is and what it is from: “±40 m, from the meter”. Empty: nobody knows. */
export function sureOf({ place_source, uncertainty_m }: Sourced): string {
  if (place_source === null) return '';
  const source = word('place.source', place_source);
  return uncertainty_m === null ? source : t('place.sure', { metres: metresText(uncertainty_m), source });
}

export interface Sourced {
  place_source: string | null;
  uncertainty_m: number | null;
}

/** Metres as a person reads them. */
export function metresText(metres: number): string {
  return metres < 1000 ? `${Math.round(metres)} m` : `${(metres / 1000).toFixed(1)} km`;
}
