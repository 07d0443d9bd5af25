import type { VehicleRow } from '../../lib/api/types';
import { locale, t } from '../../lib/i18n/index.svelte';
import { clockTime } from '../../lib/time/format';

/** Which device says where a vehicle is, and which of its devices is not with it, in words. */
export function sourceWords(row: VehicleRow | undefined, nowMs: number): string[] {
  if (!row?.source) return [];
  const clock = (iso: string): string => clockTime(iso, nowMs, locale()).slice(0, -3);
  return [
    t(`vehicle.source.${row.source}`),
    ...row.apart.map(({ kind, since }) => t(`vehicle.apart.${kind}`, { time: clock(since) })),
  ];
}
