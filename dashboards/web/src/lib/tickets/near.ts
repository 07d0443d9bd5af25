import type { OrderRow } from '../api/types';
import { distanceKm } from '../desk/sorting';
import { millis } from '../time/format';

/** An open order that a ticket may belong to: how far off it is, and how long apart they came. */
export interface Near {
  order: OrderRow;
  /** Kilometres; null: one of the places is not known. */
  km: number | null;
  /** Seconds between the filing of the two. */
  apartS: number;
}

/** A kilometre counts as much as this many seconds between the two. */
const KM_AS_S = 1800;
/** Where a place is not known: as far as nobody would merge by place alone. */
const UNKNOWN_KM = 5;

/** Open orders, the likeliest first: near in place and in time. `point`: latitude, longitude. */
export function nearOrders(
  orders: readonly OrderRow[],
  point: readonly [number, number] | null,
  filedAt: string,
  not: string | null,
): Near[] {
  const filed = millis(filedAt) ?? 0;
  const weight = ({ km, apartS }: Near): number => (km ?? UNKNOWN_KM) * KM_AS_S + apartS;
  return orders
    .filter(({ id, state }) => id !== not && state !== 'closed' && state !== 'finished')
    .map((order) => ({
      order,
      km:
        point && order.lat !== null && order.lon !== null
          ? distanceKm([point[0], point[1]], [order.lat, order.lon])
          : null,
      apartS: Math.abs((millis(order.filed_at) ?? 0) - filed) / 1000,
    }))
    .sort((a, b) => weight(a) - weight(b) || a.order.number.localeCompare(b.order.number));
}
