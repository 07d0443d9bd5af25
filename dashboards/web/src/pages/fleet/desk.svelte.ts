import { getContext, setContext, untrack } from 'svelte';
import type { Id, Reference, Schemas, Session } from '../../lib/api/types';
import { nameOf } from '../../lib/i18n/index.svelte';
import { save } from '../../lib/csv';
import { Polled } from '../../lib/live/polled.svelte';
import { serverClock } from '../../lib/time/clock.svelte';
import { dayCode, daysBetween, midnight, mondayOf } from '../../lib/time/zone';
import { Saying, type Said } from '../../lib/ui/said.svelte';
import { entriesOf, fromDayCode, shownOf, unheard, type Entry, type VehicleDay } from './day';
import { asCsv, type DistanceRow } from './distances';
import { Fences, type Fence } from './fences.svelte';
import { MOST_DAYS, type HeatGrid, type HeatLook } from './heat';
import { Replay } from './replay.svelte';

export type FleetVehicle = Schemas['FleetVehicle'];
export type View = 'vehicles' | 'fences' | 'distances' | 'heat';

const EVERY_MS = 15_000;

/** The vehicles of a centre, a day of one of them, and the fences. The address says what is shown. */
export class FleetDesk {
  readonly fleet = new Polled<FleetVehicle[]>(EVERY_MS);
  readonly day = new Polled<VehicleDay>(EVERY_MS);
  readonly distances = new Polled<DistanceRow[]>(4 * EVERY_MS);
  readonly heat = new Polled<HeatGrid>(20 * EVERY_MS);
  heatLook = $state<HeatLook>('heat');
  readonly fences: Fences = new Fences((said) => (this.said = said));
  session = $state.raw<Session | null>(null);
  reference = $state.raw<Reference | null>(null);
  readonly units = new Polled<Schemas['OrganisationTree']>(10 * EVERY_MS);
  view = $state<View>('vehicles');
  query = $state('');
  vehicleId = $state<Id | null>(null);
  /** Midnight, ms; null: the present day. */
  #begin = $state<number | null>(null);
  entryKey = $state<string | null>(null);
  #monday = $state<number | null>(null);
  readonly #saying = new Saying();

  readonly today = $derived(midnight(serverClock.now));
  readonly begin = $derived(this.#begin ?? this.today);
  readonly end = $derived(midnight(this.begin, 1));
  readonly isToday = $derived(this.begin === this.today);
  readonly rows: FleetVehicle[] = $derived.by(() => {
    const wanted = this.query.trim().toLowerCase();
    const rows = this.fleet.data ?? [];
    return wanted ? rows.filter((row) => wordsOf(row).includes(wanted)) : rows;
  });
  readonly focused: FleetVehicle | null = $derived(this.fleet.data?.find(({ id }) => id === this.vehicleId) ?? null);
  readonly entries: Entry[] = $derived.by(() => {
    const [day, row] = [this.day.data, this.focused];
    if (!day) return [];
    const entries = entriesOf(day);
    // As of the last answer: a line that grew each second would draw the map anew each second.
    const now = untrack(() => serverClock.now);
    const quiet = this.isToday && row && day.track.length > 0 && isUnknown(row, now) ? row.fix_at : null;
    return quiet ? [...entries, unheard(day, quiet, now)] : entries;
  });
  readonly entry: Entry | null = $derived(this.entries.find(({ key }) => key === this.entryKey) ?? null);
  readonly thisMonday = $derived(mondayOf(this.today));
  readonly distancePath: string = $derived(
    `/api/reports/distance?from=${iso(this.monday)}&to=${iso(midnight(this.monday, 7))}`,
  );
  readonly dayPath: string | null = $derived(
    this.vehicleId && `/api/vehicles/${this.vehicleId}/movements?from=${iso(this.begin)}&to=${iso(this.end)}`,
  );
  readonly shown: [number, number] = $derived(shownOf(this.entries, this.begin, this.end));
  readonly replay: Replay = new Replay(
    () => this.trackPath('geojson'),
    () => this.shown,
  );

  readonly centres = $derived((this.units.data?.units ?? []).filter(({ kind, active }) => kind === 'centre' && active));

  unitName(id: Id): string {
    return nameOf(this.units.data?.units.find((unit) => unit.id === id));
  }

  /** Every position of the day as a file. */
  trackPath(format: 'geojson' | 'gpx' | 'csv'): string | null {
    return this.vehicleId && `/api/vehicles/${this.vehicleId}/track?from=${iso(this.begin)}&to=${iso(this.end)}&format=${format}`;
  }

  get said(): Said | null {
    return this.#saying.now;
  }

  set said(next: Said | null) {
    this.#saying.say(next);
  }

  may(right: string): boolean {
    return this.session?.user.rights.includes(right) ?? false;
  }

  /** A centre changes its own fences only. */
  mayChange(fence: Fence): boolean {
    const user = this.session?.user;
    return this.may('fence.manage') && (user?.scope === 'all' || fence.unit_id === user?.unit.id);
  }

  show(view: View): void {
    if (this.fences.drawing) return;
    this.replay.end();
    this.view = view;
    this.#write();
  }

  select(id: Id | null): void {
    if (id === this.vehicleId) return;
    this.vehicleId = id;
    this.entryKey = null;
    this.replay.end();
    this.#saying.moveOn();
    this.#write();
  }

  move(by: 1 | -1): void {
    const at = this.rows.findIndex(({ id }) => id === this.vehicleId);
    const next = this.rows[at < 0 ? 0 : Math.max(0, Math.min(this.rows.length - 1, at + by))];
    if (next) this.select(next.id);
  }

  /** So many days on; not into the future. */
  turn(days: number): void {
    this.showDay(midnight(this.begin, days));
  }

  showDay(begin: number): void {
    if (begin > this.today) return;
    this.#begin = begin === this.today ? null : begin;
    this.entryKey = null;
    this.replay.end();
    this.#write();
  }

  /** Midnight of the Monday of the week that is shown. */
  get monday(): number {
    return this.#monday ?? this.thisMonday;
  }

  set monday(next: number) {
    this.#monday = next >= this.thisMonday ? null : next;
  }

  turnWeek(weeks: 1 | -1): void {
    this.monday = midnight(this.monday, 7 * weeks);
  }

  /** Days that the grid is of: midnights, ms; the last seven as long as nobody chose others. */
  #heatSpan = $state.raw<readonly [number, number] | null>(null);
  get heatBegin(): number {
    return this.#heatSpan?.[0] ?? midnight(this.today, -6);
  }

  get heatEnd(): number {
    return this.#heatSpan?.[1] ?? midnight(this.today, 1);
  }

  get heatPath(): string {
    return `/api/fleet/heat?from=${iso(this.heatBegin)}&to=${iso(this.heatEnd)}`;
  }

  /** Other days; of too many, those beside the end that was set. */
  showHeat(begin: number, end: number, set: 'from' | 'to'): void {
    const last = midnight(this.today, 1);
    if (begin >= last || end > last) return;
    if (set === 'from') end = Math.min(Math.max(end, midnight(begin, 1)), midnight(begin, MOST_DAYS));
    else begin = Math.max(Math.min(begin, midnight(end, -1)), midnight(end, -MOST_DAYS));
    this.#heatSpan = [begin, end];
  }

  /** As many days, before or behind these; not into the future. */
  turnHeat(by: 1 | -1): void {
    const days = daysBetween(this.heatBegin, this.heatEnd);
    const end = Math.min(midnight(this.heatEnd, by * days), midnight(this.today, 1));
    this.#heatSpan = [midnight(end, -days), end];
  }

  resetHeat(): void {
    this.#heatSpan = null;
  }

  /** The week as a file. */
  download(): void {
    const rows = this.distances.data ?? [];
    if (rows.length > 0) save(asCsv(rows), `paidan-distance-${dayCode(this.monday)}.csv`);
  }

  /** To the next or previous line of the day. */
  step(by: 1 | -1): void {
    const at = this.entries.findIndex(({ key }) => key === this.entryKey);
    const last = this.entries.length - 1;
    const next = this.entries[at < 0 ? (by > 0 ? 0 : last) : Math.max(0, Math.min(last, at + by))];
    if (next) this.entryKey = next.key;
  }

  /** What the address says; also when somebody goes back in the browser. */
  read(): void {
    const [, first = '', day = ''] = location.hash.split('/');
    this.view = first === 'fences' || first === 'distances' || first === 'heat' ? first : 'vehicles';
    if (this.view !== 'vehicles') return;
    this.vehicleId = first || null;
    const begin = fromDayCode(day);
    this.#begin = begin === null || begin >= this.today ? null : begin;
    this.entryKey = null;
    this.replay.end();
  }

  #write(): void {
    const of = this.vehicleId ? `/${this.vehicleId}${this.isToday ? '' : `/${dayCode(this.begin)}`}` : '/';
    history.replaceState(null, '', this.view === 'vehicles' ? `#${of}` : `#/${this.view}`);
  }
}

const iso = (ms: number): string => new Date(ms).toISOString();
const wordsOf = ({ plate, crew }: FleetVehicle): string =>
  [plate, crew?.code, crew?.name_zh, crew?.name_en].filter(Boolean).join(' ').toLowerCase();

/** Nobody knows where the vehicle is: it never told, or its time to tell is over. */
export const isUnknown = (row: FleetVehicle, now: number): boolean =>
  row.fix_at === null || (row.quiet_at !== null && Date.parse(row.quiet_at) <= now);

const DESK = Symbol('fleet');
export const provideFleet = (desk: FleetDesk): FleetDesk => setContext(DESK, desk);
export const useFleet = (): FleetDesk => getContext<FleetDesk>(DESK);
