import type { OrderRow, VehicleRow } from '../../lib/api/types';

const EARTH_M = 6_371_000;
const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Great-circle distance in metres between two WGS-84 points. */
export function metres(aLat: number, aLon: number, bLat: number, bLon: number): number {
  const dLat = radians(bLat - aLat) / 2;
  const dLon = radians(bLon - aLon) / 2;
  const h =
    Math.sin(dLat) ** 2 + Math.cos(radians(aLat)) * Math.cos(radians(bLat)) * Math.sin(dLon) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** From the crew's vehicle, where it was last known, to the site; empty where either is unknown. */
export function distanceText(vehicle: VehicleRow | undefined, order: OrderRow): string {
  if (!vehicle || vehicle.lat === null || vehicle.lon === null) return '';
  if (order.lat === null || order.lon === null) return '';
  const far = metres(vehicle.lat, vehicle.lon, order.lat, order.lon);
  return far < 950 ? `${Math.round(far / 50) * 50} m` : `${(far / 1000).toFixed(1)} km`;
}
