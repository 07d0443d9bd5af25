import { getContext, setContext } from 'svelte';
import { ApiProblem, newKey, post } from '../../lib/api/client';
import { goToLogin } from '../../lib/api/session';
import type { OrderDetail, OrderRow, Schemas } from '../../lib/api/types';
import { Desk } from '../../lib/desk/desk.svelte';
import { nameOf, t, word } from '../../lib/i18n/index.svelte';
import { BreachFeed, type Anomaly, type Review } from '../../lib/live/breaches.svelte';
import { Polled } from '../../lib/live/polled.svelte';
import { TicketWords } from '../../lib/tickets/words.svelte';
import { serverClock } from '../../lib/time/clock.svelte';
import { millis } from '../../lib/time/format';
import { byUrgency, isOver, orderLevel, type Level } from '../../lib/time/levels';

export type { Anomaly, Review };
export type ReviewPage = Schemas['ReviewPage'];
export type Ladder = Schemas['EscalationRow'];

export const LISTS = ['risk', 'running', 'breached', 'appealed', 'withdrawn', 'anomalies', 'told'] as const;
export type List = (typeof LISTS)[number];
export const PERIODS = ['8', '24', '168', '720'] as const;
export type Period = (typeof PERIODS)[number];
export const RULINGS = ['upheld', 'waived', 'reattributed'] as const;
export type RulingCode = (typeof RULINGS)[number];

/** A case is asked for anew when its row changes; this often in any case, for calls that were made. */
const EVERY_MS = 60_000;
/** Who is being told is asked for with each change of the board, and this often. */
const TOLD_MS = 10_000;

export type Question =
  | { kind: 'appeal'; review: Review }
  | { kind: 'rule'; review: Review; ruling: RulingCode }
  | { kind: 'explain'; anomaly: Anomaly }
  | { kind: 'correct'; anomaly: Anomaly };

/** A line of the list that is shown: an order, a breach or an anomaly. */
export type Item =
  | { id: string; kind: 'order'; order: OrderRow }
  | { id: string; kind: 'review'; review: Review }
  | { id: string; kind: 'anomaly'; anomaly: Anomaly }
  | { id: string; kind: 'ladder'; ladder: Ladder };

/** How a breach stands on the one scale of urgency; withdrawn or wholly waived asks for nothing. */
export function levelOf(review: Review): Level {
  if (review.withdrawn_at !== null || review.adjusted_over_s === 0) return 'normal';
  return 'late';
}

const RISES = { alarm: 'risk', breach: 'late', warning: 'watch', risk: 'risk' } as const;

/** The same of any line. */
export function levelOfItem(item: Item, nowMs: number): Level {
  if (item.kind === 'order') return orderLevel(item.order, nowMs);
  if (item.kind === 'review') return levelOf(item.review);
  return item.kind === 'ladder' ? RISES[item.ladder.occasion] : 'unknown';
}

/** The number of its order or ticket. */
export function numberOf(item: Item): string {
  if (item.kind === 'order') return item.order.number;
  if (item.kind === 'review') return item.review.number ?? '';
  return item.kind === 'ladder' ? item.ladder.number : item.anomaly.number;
}

/** Seconds beyond the limit by the stamps; of a running one as the clock says. */
export function overOf(review: Review, nowMs: number): number {
  if (review.over_s !== null) return review.over_s;
  return Math.max(0, (nowMs - (millis(review.due_at) ?? nowMs)) / 1000);
}

/** What of it counts after the ruling; also of one that still runs. */
export function adjustedOf(review: Review, nowMs: number): number {
  if (review.withdrawn_at !== null) return 0;
  return review.adjusted_over_s ?? Math.max(0, overOf(review, nowMs) - review.waived_s);
}

/** Of the lists of breaches, which of them each holds. */
const HOLDS: Partial<Record<List, (review: Review) => boolean>> = {
  running: ({ withdrawn_at, stopped_at }) => withdrawn_at === null && stopped_at === null,
  breached: ({ withdrawn_at }) => withdrawn_at === null,
  appealed: ({ withdrawn_at, state }) => withdrawn_at === null && state === 'appealed',
  withdrawn: ({ withdrawn_at }) => withdrawn_at !== null,
};

/** The lists of breaches and anomalies, live, and the one that is looked at. */
export class BreachDesk extends Desk {
  readonly breaches = new BreachFeed();
  readonly words = new TicketWords();
  readonly page = new Polled<ReviewPage>(EVERY_MS);
  readonly order = new Polled<OrderDetail>(EVERY_MS);
  readonly told = new Polled<{ escalations: Ladder[] }>(TOLD_MS);
  which = $state<List>('running');
  unit = $state('');
  code = $state('');
  /** What an act has to know before it is sent. */
  question = $state.raw<Question | null>(null);
  /** The period's rows could not be fetched. */
  trouble = $state.raw<unknown>(null);
  #busy = false;
  /** Order of the lines while one of them is in focus: nothing moves under the eyes. */
  #kept = $state.raw<readonly string[]>([]);

  constructor() {
    super();
    this.feed.carry(this.breaches);
  }

  readonly items: Item[] = $derived.by(() => this.#items());
  readonly focused: Item | null = $derived(this.items.find(({ id }) => id === this.selectedId) ?? null);
  readonly units: { id: string; name: string }[] = $derived.by(() => {
    const board = this.feed.board;
    const all = [...(board?.centres.values() ?? []), ...(board?.crews.values() ?? [])];
    return all.map((one) => ({ id: one.id, name: nameOf(one) }));
  });
  /** The unit that is asked for, with its crews; null: all. */
  readonly #wanted: ReadonlySet<string> | null = $derived.by(() => {
    if (!this.unit) return null;
    const crews = [...(this.feed.board?.crews.values() ?? [])].filter((crew) => crew.centre_id === this.unit);
    return new Set([this.unit, ...crews.map(({ id }) => id)]);
  });
  readonly #reviews: Review[] = $derived.by(() => {
    const mine = [...(this.breaches.reviews?.values() ?? [])].filter(
      ({ code, holder_id, unit, ruled_unit }) =>
        (!this.code || code === this.code) && this.#isOf(holder_id, unit, ruled_unit),
    );
    return mine.sort((a, b) => b.due_at.localeCompare(a.due_at) || a.id.localeCompare(b.id));
  });
  readonly #odd: Anomaly[] = $derived.by(() => {
    const mine = [...(this.breaches.anomalies?.values() ?? [])].filter(
      ({ code, centre_id }) => (!this.code || code === this.code) && this.#isOf(centre_id),
    );
    return mine.sort((a, b) => a.opened_at.localeCompare(b.opened_at) || a.id.localeCompare(b.id));
  });
  readonly #ladders: Ladder[] = $derived(
    (this.told.data?.escalations ?? []).filter(({ code, steps }) => {
      return (!this.code || code === this.code) && this.#isOf(...steps.map(({ unit_id }) => unit_id));
    }),
  );
  readonly tally: Record<List, number> = $derived.by(() => {
    const of = (list: List): number => this.#reviews.filter(HOLDS[list] ?? (() => false)).length;
    return {
      risk: this.#risky().length,
      running: of('running'),
      breached: of('breached'),
      appealed: of('appealed'),
      withdrawn: of('withdrawn'),
      anomalies: this.#odd.length,
      told: this.#ladders.length,
    };
  });

  #isOf(...units: (string | null)[]): boolean {
    return this.#wanted === null || units.some((one) => one !== null && this.#wanted?.has(one));
  }

  get period(): Period {
    return this.breaches.hours as Period;
  }

  set period(next: Period) {
    this.breaches.hours = next;
    void this.fetch();
  }

  /** The rows of the period. */
  async fetch(): Promise<void> {
    this.trouble = null;
    try {
      await this.breaches.fetch();
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) goToLogin();
      this.trouble = error;
    }
  }

  #risky(): OrderRow[] {
    const now = serverClock.now;
    const mine = [...(this.feed.board?.orders.values() ?? [])].filter(
      (order) =>
        !isOver(order) &&
        ['risk', 'unknown'].includes(orderLevel(order, now)) &&
        (!this.code || order.running?.segment === this.code) &&
        this.#isOf(order.centre_id, order.assignment?.crew_id ?? null),
    );
    return byUrgency(mine, now);
  }

  #items(): Item[] {
    const all = this.#sorted();
    if (this.selectedId === null) return all;
    const place = new Map(this.#kept.map((id, index) => [id, index]));
    const at = ({ id }: Item): number => place.get(id) ?? place.size;
    return all.sort((a, b) => at(a) - at(b));
  }

  #sorted(): Item[] {
    if (this.which === 'risk') return this.#risky().map((order) => ({ id: order.id, kind: 'order', order }));
    if (this.which === 'anomalies') return this.#odd.map((anomaly) => ({ id: anomaly.id, kind: 'anomaly', anomaly }));
    if (this.which === 'told') return this.#ladders.map((ladder) => ({ id: ladder.id, kind: 'ladder', ladder }));
    const holds = HOLDS[this.which];
    // What was just decided stays where it was: nothing goes away under the eyes.
    const shown = this.#reviews.filter((review) => holds?.(review) || review.id === this.selectedId);
    return shown.map((review) => ({ id: review.id, kind: 'review', review }));
  }

  /** It came while another line was looked at: it stands at the end, and is marked. */
  isNew(item: Item): boolean {
    return this.selectedId !== null && !this.#kept.includes(item.id);
  }

  choose(which: List): void {
    if (this.which === which) return;
    this.which = which;
    this.select(null);
  }

  override select(id: string | null): void {
    if (this.selectedId === null || id === null) this.#kept = this.items.map((item) => item.id);
    super.select(id);
  }

  override move(by: 1 | -1): void {
    const ids = this.items.map(({ id }) => id);
    const at = this.selectedId ? ids.indexOf(this.selectedId) : -1;
    const next = ids[at < 0 ? 0 : Math.max(0, Math.min(ids.length - 1, at + by))];
    if (next) this.select(next);
  }

  readonly filtered = $derived(this.unit !== '' || this.code !== '' || this.period !== '24');

  reset(): void {
    [this.unit, this.code] = ['', ''];
    if (this.period !== '24') this.period = '24';
  }

  override unitName(id: string | null): string {
    return super.unitName(id) || this.words.unit(id);
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

  /** What somebody is being told of. */
  ladderName({ occasion, code }: Ladder): string {
    const what = occasion === 'alarm' ? word('alert', code) : this.segmentShort(code);
    return `${t(`escalation.on.${occasion}`)} · ${what}`;
  }

  mayNote(ladder: Ladder): boolean {
    return this.rights.has('alert.acknowledge') && ladder.ended_at === null;
  }

  /** Somebody knows: nobody else is told. */
  note(ladder: Ladder): void {
    if (!this.mayNote(ladder)) return;
    const { ticket_id, alert_id, number } = ladder;
    const path = ticket_id ? `/api/tickets/${ticket_id}/acknowledge` : `/api/alerts/${alert_id}/acknowledge`;
    void this.#act(async (key) => {
      await post(path, {}, key);
      void this.told.again();
      return t('breach.said.noted', { number });
    });
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
      return t('breach.said.appealed', { number: review.number ?? '' });
    });
  }

  rule(review: Review, body: { ruling: RulingCode }): void {
    void this.#act(async (key) => {
      this.page.show(await post<ReviewPage>(`/api/reviews/${review.id}/rule`, body, key));
      const ruling = t(`breach.ruling.${body.ruling}`);
      return t('breach.said.ruled', { number: review.number ?? '', ruling });
    });
  }

  explain(anomaly: Anomaly, body: object): void {
    void this.#act(async (key) => {
      await post(`/api/anomalies/${anomaly.id}/explain`, body, key);
      return t('breach.said.explained', { number: anomaly.number });
    });
  }

  correct(anomaly: Anomaly, body: { point: string }): void {
    void this.#act(async (key) => {
      await post(`/api/orders/${anomaly.order_id}/stamps`, body, key);
      return t('breach.said.corrected', { number: anomaly.number, point: body.point });
    });
  }

  async #act(act: (key: string) => Promise<string>, key = newKey()): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.said = { tone: 'busy', text: t('action.busy') };
    try {
      const text = await act(key);
      this.question = null;
      this.said = { tone: 'done', text };
    } catch (error) {
      this.#refused(error, () => void this.#act(act, key));
    } finally {
      this.#busy = false;
    }
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
