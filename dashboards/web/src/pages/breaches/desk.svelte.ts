import { getContext, setContext } from 'svelte';
import { ApiProblem, newKey, post } from '../../lib/api/client';
import { goToLogin } from '../../lib/api/session';
import type { BoardSnapshot, OrderRow, Reference, Schemas, Session } from '../../lib/api/types';
import { nameOf, shortName, t, word } from '../../lib/i18n/index.svelte';
import { Polled } from '../../lib/live/polled.svelte';
import { serverClock } from '../../lib/time/clock.svelte';
import { millis } from '../../lib/time/format';
import { byUrgency, isOver, orderLevel, type Level } from '../../lib/time/levels';
import { Saying, type Said } from '../../lib/ui/said.svelte';

export type Review = Schemas['ReviewRow'];
export type Anomaly = Schemas['AnomalyRow'];
export type ReviewPage = Schemas['ReviewPage'];
type ReviewList = Schemas['ReviewList'];

export const LISTS = ['risk', 'running', 'breached', 'appealed', 'withdrawn', 'anomalies'] as const;
export type List = (typeof LISTS)[number];
export const PERIODS = ['8', '24', '168', '720'] as const;
export type Period = (typeof PERIODS)[number];
export const RULINGS = ['upheld', 'waived', 'reattributed'] as const;
export type RulingCode = (typeof RULINGS)[number];

const EVERY_MS = 4_000;

export type Asking =
  | { kind: 'appeal'; review: Review }
  | { kind: 'rule'; review: Review; ruling: RulingCode }
  | { kind: 'explain'; anomaly: Anomaly }
  | { kind: 'correct'; anomaly: Anomaly };

/** A line of the list that is shown: an order, a breach or an anomaly. */
export type Item =
  | { id: string; kind: 'order'; order: OrderRow }
  | { id: string; kind: 'review'; review: Review }
  | { id: string; kind: 'anomaly'; anomaly: Anomaly };

/** How a breach stands on the one scale of urgency; withdrawn or wholly waived asks for nothing. */
export function levelOf(review: Review): Level {
  if (review.withdrawn_at !== null || review.adjusted_over_s === 0) return 'normal';
  return 'late';
}

/** Seconds beyond the limit by the stamps; of a running one as the clock says. */
export function overOf(review: Review, nowMs: number): number {
  if (review.over_s !== null) return review.over_s;
  return Math.max(0, (nowMs - (millis(review.due_at) ?? nowMs)) / 1000);
}

/** The lists of breaches and anomalies, and the one that is looked at. */
export class BreachDesk {
  readonly list = new Polled<ReviewList>(EVERY_MS, true);
  readonly board = new Polled<BoardSnapshot>(EVERY_MS, true);
  readonly anomalies = new Polled<Anomaly[]>(EVERY_MS, true);
  readonly page = new Polled<ReviewPage>(EVERY_MS);
  session = $state.raw<Session | null>(null);
  reference = $state.raw<Reference | null>(null);
  which = $state<List>('running');
  period = $state<Period>('24');
  unit = $state('');
  code = $state('');
  focusId = $state<string | null>(null);
  asking = $state.raw<Asking | null>(null);
  readonly #saying = new Saying();
  #busy = false;
  /** Where in the list the one in focus stood. */
  #at = 0;

  readonly rights: ReadonlySet<string> = $derived(new Set(this.session?.user.rights ?? []));
  readonly items: Item[] = $derived.by(() => this.#items());
  readonly focused: Item | null = $derived(this.items.find(({ id }) => id === this.focusId) ?? null);
  readonly units: { id: string; name: string }[] = $derived.by(() => {
    const board = this.board.data;
    const all = [...(board?.centres ?? []), ...(board?.crews ?? [])];
    return all.map((one) => ({ id: one.id, name: nameOf(one) }));
  });
  readonly counts = $derived.by((): Record<List, number | null> => {
    const counts = this.list.data?.counts;
    return {
      risk: this.board.data ? this.#risky().length : null,
      running: counts?.running ?? null,
      breached: counts?.breached ?? null,
      appealed: counts?.appealed ?? null,
      withdrawn: counts?.withdrawn ?? null,
      anomalies: counts?.anomalies ?? null,
    };
  });

  get said(): Said | null {
    return this.#saying.now;
  }

  set said(next: Said | null) {
    this.#saying.say(next);
  }

  /** Where the list is asked for. The period ends now: only its length is said. */
  get path(): string {
    const wanted = new URLSearchParams({ hours: this.period });
    const state = this.which === 'risk' || this.which === 'anomalies' ? 'running' : this.which;
    wanted.set('state', state);
    if (this.unit) wanted.set('unit', this.unit);
    if (this.code) wanted.set('code', this.code);
    return `/api/reviews?${wanted}`;
  }

  #risky(): OrderRow[] {
    const now = serverClock.now;
    const open = (this.board.data?.orders ?? []).filter((order) => !isOver(order));
    const mine = open.filter(
      ({ centre_id, assignment, running }) =>
        (!this.unit || [centre_id, assignment?.crew_id].includes(this.unit)) &&
        (!this.code || running?.segment === this.code),
    );
    return byUrgency(
      mine.filter((order) => ['risk', 'unknown'].includes(orderLevel(order, now))),
      now,
    );
  }

  #items(): Item[] {
    if (this.which === 'risk') {
      return this.#risky().map((order) => ({ id: order.id, kind: 'order', order }));
    }
    if (this.which === 'anomalies') {
      const all = this.anomalies.data ?? [];
      const mine = all.filter(
        (one) => (!this.unit || one.centre_id === this.unit) && (!this.code || one.code === this.code),
      );
      return mine.map((anomaly) => ({ id: anomaly.id, kind: 'anomaly', anomaly }));
    }
    const rows = [...(this.list.data?.rows ?? [])];
    const open = this.page.data?.review;
    // What was just decided stays where it was: nothing goes away under the eyes.
    if (open && open.id === this.focusId && !rows.some(({ id }) => id === open.id)) {
      rows.splice(Math.min(this.#at, rows.length), 0, open);
    }
    return rows.map((review) => ({ id: review.id, kind: 'review', review }));
  }

  choose(which: List): void {
    if (this.which === which) return;
    this.which = which;
    this.select(null);
  }

  select(id: string | null): void {
    if (id !== this.focusId) this.#saying.moveOn();
    this.#at = Math.max(0, this.items.findIndex((item) => item.id === id));
    this.focusId = id;
  }

  move(by: 1 | -1): void {
    const ids = this.items.map(({ id }) => id);
    const at = this.focusId ? ids.indexOf(this.focusId) : -1;
    const next = ids[at < 0 ? 0 : Math.max(0, Math.min(ids.length - 1, at + by))];
    if (next) this.select(next);
  }

  readonly filtered = $derived(this.unit !== '' || this.code !== '' || this.period !== '24');

  reset(): void {
    [this.unit, this.code, this.period] = ['', '', '24'];
  }

  faultName(code: string): string {
    return nameOf(this.reference?.fault_codes.find((each) => each.code === code)) || code;
  }

  segmentName(code: string): string {
    const segment = this.reference?.segments.find((each) => each.code === code);
    return segment ? nameOf(segment) : word('point', code);
  }

  segmentShort(code: string): string {
    const segment = this.reference?.segments.find((each) => each.code === code);
    return segment ? shortName('short_segment', segment) : word('point', code);
  }

  partyName(code: string): string {
    const party = this.reference?.parties.find((each) => each.code === code);
    return party ? shortName('short_party', party) : code;
  }

  unitName(id: string | null): string {
    return this.units.find((each) => each.id === id)?.name ?? '';
  }

  /** Who answers, by the last ruling where there is one. */
  whoOf({ party, unit, ruling, ruled_party, ruled_unit }: Review): string {
    const moved = ruling === 'reattributed' && ruled_party !== null;
    const [code, id] = moved ? [ruled_party, ruled_unit] : [party, unit];
    return this.unitName(id) || this.partyName(code);
  }

  causeName(code: string | null): string {
    if (code === null) return '';
    const known = this.reference?.segments.some((each) => each.code === code);
    if (known) return this.segmentShort(code);
    return ['queued', 'detour', 'desk_closed'].includes(code) ? word('hold', code) : word('hold_kind', code);
  }

  mayAppeal(review: Review): boolean {
    return this.rights.has('review.appeal') && review.withdrawn_at === null && review.ruled_at === null;
  }

  mayRule(review: Review): boolean {
    return this.rights.has('review.rule') && review.withdrawn_at === null;
  }

  appeal(review: Review, body: object): void {
    void this.#act(async (key) => {
      this.page.show(await post<ReviewPage>(`/api/reviews/${review.id}/appeal`, body, key));
      return t('breach.said.appealed', { number: review.number });
    });
  }

  rule(review: Review, body: { ruling: RulingCode }): void {
    void this.#act(async (key) => {
      this.page.show(await post<ReviewPage>(`/api/reviews/${review.id}/rule`, body, key));
      const ruling = t(`breach.ruling.${body.ruling}`);
      return t('breach.said.ruled', { number: review.number, ruling });
    });
  }

  explain(anomaly: Anomaly, body: object): void {
    void this.#act(async (key) => {
      this.anomalies.show(await post<Anomaly[]>(`/api/anomalies/${anomaly.id}/explain`, body, key));
      return t('breach.said.explained', { number: anomaly.number });
    });
  }

  correct(anomaly: Anomaly, body: { point: string }): void {
    void this.#act(async (key) => {
      await post(`/api/orders/${anomaly.order_id}/stamps`, body, key);
      void this.anomalies.again();
      return t('breach.said.corrected', { number: anomaly.number, point: body.point });
    });
  }

  async #act(act: (key: string) => Promise<string>, key = newKey()): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.said = { tone: 'busy', text: t('action.busy') };
    try {
      const text = await act(key);
      this.asking = null;
      this.said = { tone: 'done', text };
    } catch (error) {
      this.#refused(error, () => void this.#act(act, key));
    } finally {
      this.#busy = false;
    }
    void this.list.again();
  }

  #refused(error: unknown, again: () => void): void {
    if (error instanceof ApiProblem) {
      if (error.status === 401) goToLogin();
      this.said = { tone: 'refused', text: error.detail };
    } else {
      const offer = { label: t('app.retry'), act: again };
      this.said = { tone: 'refused', text: t('breach.not_reached'), offer };
    }
  }
}

const DESK = Symbol('breaches');
export const provideBreaches = (desk: BreachDesk): BreachDesk => setContext(DESK, desk);
export const useBreaches = (): BreachDesk => getContext<BreachDesk>(DESK);
