import { get } from '../api/client';
import type { Id, OrderRow, Region } from '../api/types';

/** The centre that repairs where the order is; null where no district says so. */
export async function centreOf({ lat, lon }: OrderRow): Promise<Id | null> {
  if (lat === null || lon === null) return null;
  try {
    const [region] = await get<Region[]>(`/api/regions?lat=${lat}&lon=${lon}`);
    return region?.centre_id ?? null;
  } catch {
    return null; // a proposal only: all centres can be chosen without it
  }
}
