import type { Schemas } from '../api/types';
import { t } from '../i18n/index.svelte';
import { metresText } from './place';

export type Site = Schemas['SiteRow'];

/** What counts as being there, in words. */
export function siteText({ shape, drawn }: Site): string {
  if (shape.kind === 'circle') {
    return t(drawn ? 'site.circle.drawn' : 'site.circle', { metres: metresText(shape.radius_m ?? 0) });
  }
  return shape.kind === 'polygon' ? t('site.polygon') : t('site.corridor', { metres: metresText(shape.width_m ?? 0) });
}
