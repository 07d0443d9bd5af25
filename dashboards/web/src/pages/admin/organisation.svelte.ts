import { getContext, setContext } from 'svelte';
import { ApiProblem, get } from '../../lib/api/client';
import { goToLogin } from '../../lib/api/session';
import type { Named, Reference, Schemas, Session } from '../../lib/api/types';
import { nameOf } from '../../lib/i18n/index.svelte';
import { serverClock } from '../../lib/time/clock.svelte';
import { midnight, mondayOf } from '../../lib/time/zone';
import { Saying } from '../../lib/ui/said.svelte';
import type { Registry } from './device';
import { Devices } from './devices.svelte';
import { Routing, type RouteRow } from './routing.svelte';
import { branches, withBelow, type Branch, type UnitRow } from './tree';
import type { Shift } from './week';

export type Tree = Schemas['OrganisationTree'];
export type Member = Schemas['MemberRow'];
export type Vehicle = Schemas['FleetRow'];
export type Device = Schemas['TerminalRow'];
export type Account = Schemas['AccountRow'];
export const TABS = ['unit', 'members', 'shifts', 'fleet', 'users', 'routing', 'devices'] as const;
export type Tab = (typeof TABS)[number];

/** What is being filled in, over the page. */
export type Asking =
  | { kind: 'unit'; unit: UnitRow | null; above: UnitRow }
  | { kind: 'why'; what: 'units' | 'users' | 'vehicles' | 'devices'; id: string; name: string; version: number }
  | { kind: 'member'; member: Member | null }
  | { kind: 'shift'; shift: Shift | null; memberId: string | null; day: number }
  | { kind: 'pattern' }
  | { kind: 'vehicle'; vehicle: Vehicle | null }
  | { kind: 'device'; device: Device | null; vehicleId: string | null }
  | { kind: 'devices' }
  | { kind: 'user'; user: Account | null }
  | { kind: 'route'; row: RouteRow | null }
  | { kind: 'routing_settings' }
  | { kind: 'password'; login: string; password: string };

/** Who is on duty changes without us: the tree is fetched anew this often. */
const REFRESH_MS = 30_000;

/** The organisation on the screen: tree, the unit looked at, and what belongs to it. */
export class Organisation {
  tree = $state.raw<Tree | null>(null);
  members = $state.raw<Member[] | null>(null);
  shifts = $state.raw<Shift[] | null>(null);
  vehicles = $state.raw<Vehicle[] | null>(null);
  devices = $state.raw<Registry[]>([]);
  users = $state.raw<Account[]>([]);
  problem = $state.raw<unknown>(null);
  closed = $state.raw<ReadonlySet<string>>(new Set());
  wanted = $state('');
  tab = $state<Tab>('unit');
  monday = $state(0);
  asking = $state.raw<Asking | null>(null);
  rights = $state.raw<ReadonlySet<string>>(new Set());
  reference = $state.raw<Reference | null>(null);
  readonly saying = new Saying();
  readonly routing = new Routing();
  readonly terminals = new Devices();

  readonly units = $derived(this.tree?.units ?? []);
  readonly byId = $derived(new Map(this.units.map((unit) => [unit.id, unit])));
  readonly rows: Branch[] = $derived(branches(this.units, this.closed));
  readonly unit: UnitRow | null = $derived(this.byId.get(this.wanted) ?? this.rows[0]?.unit ?? null);
  readonly below: UnitRow[] = $derived(this.unit ? withBelow(this.units, this.unit.id) : []);
  readonly isAdmin = $derived(this.rights.has('organisation.admin'));
  readonly isKeeper = $derived(this.rights.has('roster.manage'));
  readonly tabs: readonly Tab[] = $derived(
    this.isAdmin ? TABS : TABS.filter((each) => each !== 'users' && each !== 'devices'),
  );
  /** Members of the unit looked at; for a unit without any, nobody. */
  readonly mine: Member[] = $derived(
    (this.members ?? []).filter(({ unit_id }) => unit_id === this.unit?.id),
  );

  async start(session: Session, reference: Reference): Promise<void> {
    this.rights = new Set(session.user.rights);
    this.reference = reference;
    this.monday = mondayOf(serverClock.exact());
    const [, what, id] = /^#(devices|device|vehicle)(?:=([\w-]+))?$/.exec(location.hash) ?? [];
    if (what && this.isAdmin) this.tab = 'devices';
    if (what === 'device' && id && this.isAdmin) void this.terminals.look(id);
    await this.load();
    const inside = what === 'vehicle' && id ? this.devicesIn(id)[0] : null;
    if (inside) void this.terminals.look(inside.id);
  }

  /** Everything but the shifts, which follow the week shown. `byItself`: nobody has asked. */
  async load(byItself = false): Promise<void> {
    const inView = byItself && this.tab === 'devices' && !this.terminals.id;
    await this.#fetch(async () => {
      const [tree, members, vehicles, users, devices] = await Promise.all([
        get<Tree>('/api/organisation'),
        get<Member[]>('/api/members'),
        get<Vehicle[]>('/api/vehicles'),
        this.isAdmin ? get<Account[]>('/api/users') : [],
        this.isAdmin ? get<Registry[]>('/api/devices') : [],
        this.isAdmin ? this.terminals.load(inView) : null,
      ]);
      Object.assign(this, { tree, members, vehicles, users, devices });
    });
  }

  async loadShifts(monday = this.monday): Promise<void> {
    const span = new URLSearchParams({
      from: new Date(monday).toISOString(),
      to: new Date(midnight(monday, 7)).toISOString(),
    });
    await this.#fetch(async () => {
      const found = await get<Shift[]>(`/api/shifts?${span}`);
      if (monday === this.monday) this.shifts = found;
    });
  }

  async #fetch(read: () => Promise<void>): Promise<void> {
    try {
      await read();
      this.problem = null;
    } catch (problem) {
      if (problem instanceof ApiProblem && problem.status === 401) goToLogin();
      this.problem = problem;
    }
  }

  /** Who is on duty, every half minute. An effect's body. */
  follow(): () => void {
    const timer = setInterval(() => {
      if (!document.hidden) void this.load(true);
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }

  /** Something was saved: say so, show it, and close what was being filled in. */
  async saved(text: string): Promise<void> {
    this.asking = null;
    this.saying.say({ tone: 'done', text });
    await Promise.all([this.load(), this.loadShifts()]);
  }

  /** Devices of a vehicle, the one that is likeliest to be its source first. */
  devicesIn(vehicleId: string): Registry[] {
    const rank = ({ active, kind }: Registry): number => (active ? 0 : 2) + (kind === 'terminal' ? 0 : 1);
    return this.devices.filter((one) => one.vehicle_id === vehicleId).sort((one, other) => rank(one) - rank(other));
  }

  unitName(id: string | null | undefined): string {
    return nameOf(id ? this.byId.get(id) : null);
  }

  named(list: 'trades' | 'voltage_classes' | 'shift_kinds' | 'reasons', codes: readonly string[]): string {
    return codes.map((code) => nameOf(this.#list(list).find((each) => each.code === code))).join(' ');
  }

  #list(list: 'trades' | 'voltage_classes' | 'shift_kinds' | 'reasons'): readonly Named[] {
    return list === 'trades' ? (this.reference?.trades ?? []) : (this.tree?.[list] ?? []);
  }
}

const KEY = Symbol('organisation');
export const provide = (organisation: Organisation): Organisation => setContext(KEY, organisation);
export const useOrganisation = (): Organisation => getContext<Organisation>(KEY);
