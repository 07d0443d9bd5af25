import type { OrderRow } from '../api/types';
import { t } from '../i18n/index.svelte';
import { duration, millis } from '../time/format';

/** When the system releases an order that no lead has touched; empty where it will not. */
export function releaseSaid({ release }: Pick<OrderRow, 'release'>, nowMs: number): string {
  if (!release) return '';
  if (release.state === 'stuck') return t('release.stuck');
  const left = ((millis(release.due_at) ?? nowMs) - nowMs) / 1000;
  return t('release.in', { left: duration(Math.max(0, left)) });
}
