import type { OrderRow } from '../api/types';
import { t, word } from '../i18n/index.svelte';
import { duration } from '../time/format';

type Forecast = NonNullable<OrderRow['promise']['forecast']>;

/** Whole percent; the ends stay open: nothing is certain. */
export const percent = (probability: number): number =>
  Math.min(99, Math.max(1, Math.round(probability * 100)));

/** How probably the promise is met, in one phrase. */
export function chanceSaid(found: Forecast): string {
  if (found.probability === null) return word('forecast.unknown', found.unknown ?? 'position');
  const chance = percent(found.probability);
  return t(found.at_best ? 'forecast.chance.at_best' : 'forecast.chance', { chance });
}

/** When the arrival is expected and by what; empty where nobody can say. `clock`: its local time. */
export function expectedSaid(found: Forecast, clock: string): string {
  if (found.expected_at === null || found.sd_s === null) return '';
  const when = t('forecast.expected', { time: clock, doubt: duration(found.sd_s) });
  return found.journey ? `${when} · ${word('forecast.by', found.journey)}` : when;
}
