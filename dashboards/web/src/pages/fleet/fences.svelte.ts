import { ApiProblem, newKey, post } from '../../lib/api/client';
import { goToLogin } from '../../lib/api/session';
import type { Id, Schemas } from '../../lib/api/types';
import { nameOf, t } from '../../lib/i18n/index.svelte';
import { Polled } from '../../lib/live/polled.svelte';
import type { DrawnShape } from '../../lib/map/drawn';
import { within } from '../../lib/map/within';
import type { Said } from '../../lib/ui/said.svelte';

export type Fence = Omit<Schemas['FenceRow'], 'shape'> & { shape: DrawnShape };

const EVERY_MS = 60_000;

/** The fences, the one that is looked at, and the one that is being drawn. */
export class Fences {
  readonly list = new Polled<Fence[]>(EVERY_MS);
  focusId = $state<Id | null>(null);
  /** Null: nothing is drawn. `fence` null: a new one. */
  drawing = $state.raw<{ fence: Fence | null } | null>(null);
  importing = $state(false);
  #busy = false;

  readonly rows: Fence[] = $derived(
    [...(this.list.data ?? [])].sort((a, b) => Number(b.active) - Number(a.active) || a.code.localeCompare(b.code)),
  );
  readonly focused: Fence | null = $derived(this.rows.find(({ id }) => id === this.focusId) ?? null);

  constructor(private readonly say: (said: Said) => void) {}

  /** Fences in use that are for this vehicle. */
  of(vehicle: { id: Id; centre_id: Id | null } | null): Fence[] {
    if (!vehicle) return [];
    return this.rows.filter(
      (one) => one.active && (one.vehicle_ids ? one.vehicle_ids.includes(vehicle.id) : !one.unit_id || one.unit_id === vehicle.centre_id),
    );
  }

  move(by: 1 | -1): void {
    const at = this.rows.findIndex(({ id }) => id === this.focusId);
    const next = this.rows[at < 0 ? 0 : Math.max(0, Math.min(this.rows.length - 1, at + by))];
    if (next) this.focusId = next.id;
  }

  /** An answer of the server, before the list is fetched again. */
  put(...fresh: Fence[]): void {
    const ids = new Set(fresh.map(({ id }) => id));
    this.list.show([...(this.list.data ?? []).filter(({ id }) => !ids.has(id)), ...fresh]);
    void this.list.again();
  }

  /** Out of use, or back; each takes the other back. */
  async setActive(fence: Fence, active: boolean, key = newKey()): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      const path = `/api/fences/${fence.id}/${active ? 'activate' : 'deactivate'}`;
      const after = await post<Fence>(path, { version: fence.version }, key);
      this.put(after);
      const offer = { label: t('fence.undo'), act: () => void this.setActive(after, !active) };
      this.say({ tone: 'done', text: t(active ? 'fence.said.back' : 'fence.said.out', { name: nameOf(fence) }), offer });
    } catch (error) {
      if (error instanceof ApiProblem) {
        if (error.status === 401) goToLogin();
        this.say({ tone: 'refused', text: error.detail });
        void this.list.again();
      } else {
        const again = { label: t('app.retry'), act: () => void this.setActive(fence, active, key) };
        this.say({ tone: 'refused', text: t('ui.offline'), offer: again });
      }
    } finally {
      this.#busy = false;
    }
  }
}

/** The names of the fences that a place lies in. */
export const fencesAt = (fences: readonly Fence[], lat: number, lon: number): string =>
  fences.filter(({ shape }) => within(shape, [lat, lon])).map((one) => nameOf(one)).join(' · ');
