import type { CrewRow, VehicleRow } from '../api/types';

type SilentDevice = VehicleRow['silent_devices'][number];

/** What is over sooner is unknown meanwhile, and no alarm: a tunnel. */
export const ALARM_AFTER_MS = 180_000;

/** A vehicle that nobody hears while its crew has an order under way. */
export interface Unseen {
  vehicle: VehicleRow;
  crew: CrewRow;
  /** Number of the order. */
  number: string;
  /** The device that was heard last, if one is named. */
  device: SilentDevice | null;
}

/** Vehicles whose silence is somebody's trouble now, the longest first. */
export function unseen(
  vehicles: Iterable<VehicleRow>,
  crews: ReadonlyMap<string, CrewRow>,
): Unseen[] {
  const found: Unseen[] = [];
  for (const vehicle of vehicles) {
    const crew = crews.get(vehicle.crew_id ?? '');
    if (vehicle.silent_since === null || !vehicle.silent_on_duty || !crew?.active_order) continue;
    const device = [...vehicle.silent_devices].sort((a, b) => b.since.localeCompare(a.since))[0] ?? null;
    found.push({ vehicle, crew, number: crew.active_order, device });
  }
  return found.sort((a, b) => (a.vehicle.silent_since ?? '').localeCompare(b.vehicle.silent_since ?? ''));
}

/** One silence of one vehicle: what is heard once. */
export const silenceKey = ({ vehicle }: Unseen): string => `${vehicle.id} ${vehicle.silent_since}`;
