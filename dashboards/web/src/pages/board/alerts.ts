import type { OrderRow } from '../../lib/api/types';
import { t, word } from '../../lib/i18n/index.svelte';

type Alert = OrderRow['alerts'][number];

/** An alarm in the fewest words: who has not accepted, or which step is over its limit. */
export const alertName = (alert: Alert, segment: (code: string) => string): string =>
  alert.kind === 'alarm' ? word('short_alert', alert.code) : t('alert.over', { segment: segment(alert.code) });

/** Alarms of one kind as one entry with their number, the most frequent first. */
export function folded(alerts: readonly Alert[]): { code: string; alert: Alert; count: number }[] {
  const kinds = new Map<string, { code: string; alert: Alert; count: number }>();
  for (const alert of alerts) {
    const known = kinds.get(alert.code);
    if (known) known.count += 1;
    else kinds.set(alert.code, { code: alert.code, alert, count: 1 });
  }
  return [...kinds.values()].sort((a, b) => b.count - a.count || a.code.localeCompare(b.code));
}
