import type { OrderRow } from '../api/types';
import { shortName, t, word } from '../i18n/index.svelte';
import { duration } from '../time/format';
import { openAlerts } from '../time/levels';
import type { OrderNames } from './names';
import type { Cause, Why } from './why';

/** Who answers: the unit's name, else the party's. */
export const whoSaid = (cause: Pick<Cause, 'party' | 'unitId'>, names: OrderNames): string =>
  names.unitName(cause.unitId) ||
  shortName('short_party', { code: cause.party, name_zh: cause.party, name_en: cause.party });

/** One cause in one sentence: who, where the time went, how much, against what limit. */
export function causeSaid(cause: Cause, names: OrderNames): string {
  const who = whoSaid(cause, names);
  const spent = duration(cause.spentS);
  const when = cause.running ? 'running' : 'done';
  if (cause.kind !== 'segment') return t(`why.${cause.kind}.${when}`, { who, spent });
  const segment = names.segmentShort(cause.code);
  const limit = cause.limitS === null ? t('app.none') : duration(cause.limitS);
  if (cause.overS <= 0) return t('why.within', { who, segment, spent, limit });
  const over = duration(cause.overS);
  const sentence = t(`why.segment.${when}`, { who, segment, spent, limit, over });
  return cause.doubtful ? `${sentence} ${t('why.doubtful')}` : sentence;
}

/** A cause in the fewest words: who and how much. */
export const causeBrief = (cause: Cause, names: OrderNames): string =>
  t('why.brief', {
    who: whoSaid(cause, names),
    segment: cause.kind === 'segment' ? names.segmentShort(cause.code) : t(`hold.${cause.kind}`),
    over: duration(cause.overS),
  });

/** The one line that says why; never empty. */
export function whySaid(why: Why, order: OrderRow, names: OrderNames): string {
  if (why.main) return causeSaid(why.main, names);
  if (why.missing.length > 0 && order.promise.state === 'unknown') return missingSaid(why);
  const alert = openAlerts(order)[0];
  if (alert) return word('alert', alert.code);
  if (why.running) return t('why.thin', { running: causeSaid(why.running, names) });
  return why.missing.length > 0 ? missingSaid(why) : t('why.nothing');
}

/** Which points have no evidence, so that nobody can be judged. */
export const missingSaid = ({ missing }: Why): string =>
  t('why.missing', { points: missing.map((point) => `${point} ${word('point', point)}`).join(t('why.and')) });
