import { ApiProblem, get } from '../../lib/api/client';
import { goToLogin } from '../../lib/api/session';
import type { Region, Schemas } from '../../lib/api/types';

export type RouteRow = Schemas['RoutingRowRow'];
export type Table = Schemas['TableAnswer'];
export type Gap = Schemas['GapRow'];

const DAY_MINUTES = 24 * 60;
export const WEEK = '1234567';
export const DEVICES = ['service', 'low_voltage', 'medium_voltage'] as const;
export const AREAS = ['urban', 'rural', 'remote'] as const;

/** `08:30` of 510 minutes; empty of none. */
export function clockOf(minute: number | null): string {
  if (minute === null) return '';
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${two(Math.floor(minute / 60) % 24)}:${two(minute % 60)}`;
}

/** 510 of `08:30` or `8:30`; null of nothing, undefined of what is no time. */
export function minuteOf(clock: string): number | null | undefined {
  if (!clock.trim()) return null;
  const [, hours = '', minutes = ''] = /^(\d{1,2})[:：](\d{2})$/.exec(clock.trim()) ?? [];
  const found = hours ? Number(hours) * 60 + Number(minutes) : Number.NaN;
  return found < DAY_MINUTES && Number(minutes) < 60 ? found : undefined;
}

/** What reaches nobody in one district: how many faults and areas, and from when. */
export interface Hole {
  regionId: string | null;
  faults: string[];
  at: string | null;
}

/** Gaps by district; of several moments the first. */
export function holes(gaps: readonly Gap[]): Hole[] {
  const found = new Map<string | null, Hole>();
  for (const { region_id, fault_code, at } of gaps) {
    const hole = found.get(region_id) ?? { regionId: region_id, faults: [], at };
    if (!hole.faults.includes(fault_code)) hole.faults.push(fault_code);
    if (at === null || (hole.at !== null && at < hole.at)) hole.at = at;
    found.set(region_id, hole);
  }
  return [...found.values()];
}

/** The routing table as the page shows it. */
export class Routing {
  table = $state.raw<Table | null>(null);
  gaps = $state.raw<Gap[]>([]);
  regions = $state.raw<Region[]>([]);
  problem = $state.raw<unknown>(null);
  readonly written: RouteRow[] = $derived((this.table?.rows ?? []).filter(({ district }) => !district));
  /** One line per district: what is not written follows from it, by the trade of what failed. */
  readonly districts: RouteRow[] = $derived(
    (this.table?.rows ?? []).filter(({ district, device }) => district && device === null),
  );

  async load(): Promise<void> {
    try {
      const [table, gaps, regions] = await Promise.all([
        get<Table>('/api/routing/rows'),
        get<Gap[]>('/api/routing/gaps'),
        get<Region[]>('/api/regions'),
      ]);
      Object.assign(this, { table, gaps, regions, problem: null });
    } catch (problem) {
      if (problem instanceof ApiProblem && problem.status === 401) goToLogin();
      this.problem = problem;
    }
  }
}
