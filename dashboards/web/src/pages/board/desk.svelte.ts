import { ApiProblem, post } from '../../lib/api/client';
import type { CrewRow, OrderRow } from '../../lib/api/types';
import { Desk } from '../../lib/desk/desk.svelte';
import { EVERYTHING, fromSearch, isActive, passes, toSearch, waitsFor, type Filter } from '../../lib/desk/filters';
import { nameOf, t } from '../../lib/i18n/index.svelte';
import { serverClock } from '../../lib/time/clock.svelte';
import { isOver, orderLevel, type Level } from '../../lib/time/levels';

/** What fills the pane below the orders. */
export type Lower = 'crews' | 'alerts';

/** The dispatch board: the desk's orders through a filter, its alarms, its crews. */
export class BoardDesk extends Desk {
  filter = $state.raw<Filter>(fromSearch(location.search));
  lower = $state<Lower>('crews');
  /** A crew that is asked why it goes away. */
  leaving = $state.raw<CrewRow | null>(null);

  /** Whose waiting orders are mine: the hotline's or a centre's; nobody's for those who watch. */
  readonly acts: 'hotline' | 'centre' | null = $derived(
    this.rights.has('order.release') ? 'hotline' : this.rights.has('order.dispatch') ? 'centre' : null,
  );
  readonly filtered = $derived(isActive(this.filter));
  /** How many orders are of each level, wait for me, and how many the filter hides. */
  readonly tally = $derived.by(() => {
    const levels: Record<Level, number> = { late: 0, risk: 0, unknown: 0, watch: 0, normal: 0 };
    let [mine, hidden, hiddenUrgent] = [0, 0, 0];
    for (const order of this.feed.board?.orders.values() ?? []) {
      const level = orderLevel(order, serverClock.now);
      if (!isOver(order)) levels[level] += 1;
      if (waitsFor(order, this.acts)) mine += 1;
      if (this.passes(order)) continue;
      hidden += 1;
      if (!isOver(order) && (level === 'late' || level === 'risk')) hiddenUrgent += 1;
    }
    return { levels, mine, hidden, hiddenUrgent };
  });

  readonly crews: CrewRow[] = $derived(
    [...(this.feed.board?.crews.values() ?? [])].sort(
      (a, b) => (a.centre_id ?? '').localeCompare(b.centre_id ?? '') || a.code.localeCompare(b.code),
    ),
  );
  /** The order in focus, where it could be sent to a crew now. */
  readonly sendable: OrderRow | null = $derived(
    this.selected && this.actionsOf(this.selected).some(({ letter }) => letter === 'd') ? this.selected : null,
  );
  /** Orders whose alarms still ring, those of nobody's notice first, then the oldest. */
  readonly alarmed: OrderRow[] = $derived.by(() => {
    const running = [...(this.feed.board?.orders.values() ?? [])]
      .map((order) => ({ order, alerts: order.alerts.filter((alert) => alert.running) }))
      .filter(({ alerts }) => alerts.length > 0)
      .map(({ order, alerts }) => ({
        order,
        noted: alerts.every((alert) => alert.acknowledged) ? 1 : 0,
        since: alerts.map((alert) => alert.since ?? '').sort()[0] ?? '',
      }));
    running.sort((a, b) => a.noted - b.noted || a.since.localeCompare(b.since));
    return running.map(({ order }) => order);
  });

  /** Crews that have not come back when they should, the longest first. */
  readonly overdue: CrewRow[] = $derived(
    this.crews
      .filter(({ overdue_since }) => overdue_since !== null)
      .sort((a, b) => (a.overdue_since ?? '').localeCompare(b.overdue_since ?? '')),
  );

  protected override passes(order: OrderRow): boolean {
    return passes(order, this.filter, this.acts, () => serverClock.now);
  }

  filterBy(part: Partial<Filter>): void {
    this.filter = { ...this.filter, ...part };
    history.replaceState(null, '', location.pathname + toSearch(this.filter) + location.hash);
  }

  toggleLevel(level: Level): void {
    const { levels } = this.filter;
    this.filterBy({ levels: levels.includes(level) ? levels.filter((each) => each !== level) : [...levels, level] });
  }

  clearFilter(): void {
    this.filterBy(EVERYTHING);
  }

  /** Send an order to a crew: at once where nobody has it, else with the reason for the change. */
  sendTo(crew: CrewRow, orderId: string): void {
    const order = this.feed.board?.orders.get(orderId);
    const action = order && this.actionsOf(order).find(({ letter }) => letter === 'd');
    if (!order || !action || crew.id === order.assignment?.crew_id) return;
    if (action.code === 'dispatch') void this.perform(order, 'dispatch', { crew_id: crew.id });
    else this.asking = { kind: 'action', action, order, crewId: crew.id };
  }

  toggleAway(crew: CrewRow): void {
    if (!this.rights.has('crew.away')) return;
    if (crew.state === 'away') void this.#absence(crew, 'back', {});
    else this.leaving = crew;
  }

  /** `minutes`: until the expected return; null: nobody knows. */
  leave(crew: CrewRow, reason: string, minutes: number | null, standIn: string | null = null): void {
    this.leaving = null;
    const until = minutes === null ? null : new Date(serverClock.exact() + minutes * 60_000).toISOString();
    void this.#absence(crew, 'away', { reason, until, stand_in_id: standIn });
  }

  /** Crews that could take its work: of the same centre, and there; those of its trade first. */
  standIns(crew: CrewRow): CrewRow[] {
    const fits = (one: CrewRow): number => Number(one.trade !== crew.trade && one.trade !== 'any');
    return this.crews
      .filter(({ id, centre_id, state }) => id !== crew.id && centre_id === crew.centre_id && state !== 'away')
      .sort((a, b) => fits(a) - fits(b));
  }

  crewNames(ids: readonly string[]): string {
    return ids.map((id) => nameOf(this.feed.board?.crews.get(id))).join('、');
  }

  async #absence(crew: CrewRow, act: 'away' | 'back', body: object): Promise<void> {
    this.said = { tone: 'busy', text: t('action.busy') };
    try {
      await post<CrewRow>(`/api/crews/${crew.id}/${act}`, body);
      this.said = { tone: 'done', text: t(`done.${act}`, { crew: nameOf(crew) }) };
    } catch (error) {
      const text = error instanceof ApiProblem ? error.detail : t('crews.not_reached', { crew: nameOf(crew) });
      const again = (): void => void this.#absence(crew, act, body);
      this.said = { tone: 'refused', text, ...(error instanceof ApiProblem ? {} : { offer: { label: t('app.retry'), act: again } }) };
    }
  }
}
