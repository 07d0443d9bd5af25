import { ApiProblem, get, newKey, post } from '../api/client';
import { goToLogin, homeOf } from '../api/session';
import type {
  CrewRow,
  HelpCall,
  OrderDetail,
  OrderRow,
  Reference,
  Session,
} from '../api/types';
import type { DrawnShape } from '../map/drawn';
import { language, nameOf, shortName, t, word, type Key } from '../i18n/index.svelte';
import { BoardFeed } from '../live/feed.svelte';
import { ALARM_AFTER_MS, unseen, type Unseen } from '../live/silence';
import { passing, RETRY_MS, visit } from '../live/visit';
import { earOf } from '../sound/decide';
import { Sounds } from '../sound/sounds.svelte';
import { serverClock } from '../time/clock.svelte';
import { millis } from '../time/format';
import { isOver, orderLevel } from '../time/levels';
import type { ChaseUpBody, FollowOnBody } from '../tickets/types';
import { Saying, type Said } from '../ui/said.svelte';
import { possible, requests, type Action, type ActionCode, type Choice } from './actions';
import { newsOf, outline, type News } from './news';
import { arrange, matches, sameOrder } from './sorting';

export type Asking =
  | { kind: 'places' }
  | { kind: 'action'; action: Action; order: OrderRow; crewId?: string }
  | { kind: 'follow_on'; order: OrderRow }
  | { kind: 'site'; order: OrderRow }
  | { kind: 'file' }
  | { kind: 'keys' }
  | null;

/** One order's evidence; the last known one stays while a newer one is fetched. */
export interface Detail {
  id: string;
  data: OrderDetail | null;
  problem: unknown;
}

const DETAIL_PAUSE_MS = 120;

/** No such order, hidden from this reader, or an address that cannot be one. */
const isUnknown = (problem: unknown): boolean =>
  problem instanceof ApiProblem && (problem.status === 404 || problem.status === 422);

/** Everything the board's components share: who, what is shown, what is focused, what is asked. */
export class Desk {
  /** The page that shows one order, before its id. */
  readonly orderPath: string = '#/orders/';
  readonly feed = new BoardFeed(goToLogin);
  readonly sounds = new Sounds();
  session = $state.raw<Session | null>(null);
  reference = $state.raw<Reference | null>(null);
  problem = $state.raw<unknown>(null);
  query = $state('');
  selectedId = $state<string | null>(null);
  hoveredId = $state<string | null>(null);
  /** The crew under the pointer: its row, or its vehicle on the map. */
  hoveredCrewId = $state<string | null>(null);
  /** The crew last clicked, on the map or in its list. */
  pickedCrewId = $state<string | null>(null);
  /** The order whose page covers the map. */
  openId = $state<string | null>(null);
  asking = $state.raw<Asking>(null);
  readonly #saying = new Saying();
  /** A place pointed at on the map while an order is being filed: latitude, longitude. */
  picked = $state.raw<[number, number] | null>(null);
  /** The place that is being written down, for the map; metres, null: nobody said how sure. */
  spot = $state.raw<{ lat: number; lon: number; uncertainty_m: number | null } | null>(null);
  /** Where the map is asked to go; each time anew. */
  lookAt = $state.raw<[number, number] | null>(null);
  detail = $state.raw<Detail | null>(null);
  rowIds = $state.raw<string[]>([]);
  pointerInList = $state(false);
  /** Outline of each order as last looked at; what differs is marked. */
  #seen = $state.raw<ReadonlyMap<string, string>>(new Map());
  /** Rows as they last were, to show the ones that left while the sorting is held. */
  #lastRows = new Map<string, OrderRow>();

  readonly rights = $derived(new Set(this.session?.user.rights ?? []));
  readonly ear = $derived(earOf(this.session));
  readonly held = $derived(this.selectedId !== null || this.pointerInList);
  readonly selected: OrderRow | null = $derived(
    this.selectedId ? (this.feed.board?.orders.get(this.selectedId) ?? null) : null,
  );
  /** What stands out everywhere at once: an order and the crew that has it, or a crew alone. */
  readonly litCrewId: string | null = $derived.by(() => {
    if (this.hoveredCrewId) return this.hoveredCrewId;
    const order = this.feed.board?.orders.get(this.hoveredId ?? this.selectedId ?? '');
    return order?.assignment?.crew_id ?? (this.hoveredId ? null : this.pickedCrewId);
  });
  readonly rows: { order: OrderRow; gone: boolean }[] = $derived.by(() => this.#rows());
  /** The order whose timeline is shown: the focused one, else the most urgent. */
  readonly traced: OrderRow | null = $derived(this.selected ?? this.rows[0]?.order ?? null);
  readonly unsorted = $derived.by(() => {
    const orders = this.feed.board?.orders;
    return (
      this.held && !!orders && !sameOrder(this.rowIds, arrange([], orders, serverClock.now, false, this.mineFirst))
    );
  });
  /** Only another row wakes those who follow it; the board changes far more often. */
  readonly #evidenceId = $derived(this.openId ?? this.traced?.id ?? null);
  readonly #evidenceRow = $derived(this.feed.board?.orders.get(this.#evidenceId ?? ''));
  readonly counts = $derived.by(() => {
    const open = [...(this.feed.board?.orders.values() ?? [])].filter((order) => !isOver(order));
    const levels = open.map((order) => orderLevel(order, serverClock.now));
    return {
      count: open.length,
      late: levels.filter((level) => level === 'late').length,
      risk: levels.filter((level) => level === 'risk').length,
    };
  });

  /** Calls for help, those of nobody's notice first, then the oldest. */
  readonly help: HelpCall[] = $derived(
    [...(this.feed.board?.help.values() ?? [])].sort(
      (a, b) => Number(a.seen_at !== null) - Number(b.seen_at !== null) || a.called_at.localeCompare(b.called_at),
    ),
  );
  readonly hearsHelp = $derived(this.rights.has('alert.acknowledge'));

  readonly #vehicles = $derived(this.feed.board?.vehicles);
  readonly #crews = $derived(this.feed.board?.crews);
  readonly #unheard: Unseen[] = $derived(
    this.#vehicles && this.#crews ? unseen(this.#vehicles.values(), this.#crews) : [],
  );
  /** Vehicles with an order under way that nobody has heard for minutes. */
  readonly unseen: Unseen[] = $derived(
    this.#unheard.filter(({ vehicle }) => serverClock.now - (millis(vehicle.silent_since) ?? 0) >= ALARM_AFTER_MS),
  );

  /** What became of the last action. */
  get said(): Said | null {
    return this.#saying.now;
  }

  set said(next: Said | null) {
    this.#saying.say(next);
  }

  start(): () => void {
    return visit(this, ({ user }) => (user.role === 'crew' ? homeOf('crew') : null));
  }

  /** Orders that stand before all others on this desk, however urgent those are. */
  protected readonly mineFirst: (order: OrderRow) => boolean = () => false;

  /** Follow the board; called whenever it, the clock or the hold changes. */
  resort(force = false): void {
    const board = this.feed.board;
    if (!board) return;
    for (const order of board.orders.values()) this.#lastRows.set(order.id, order);
    // What is there at the first look is not news.
    if (this.#seen.size === 0 && this.rowIds.length === 0) {
      this.seeAll();
    }
    const held = this.held && !force;
    const next = arrange(this.rowIds, board.orders, serverClock.now, held, this.mineFirst);
    if (!sameOrder(next, this.rowIds)) this.rowIds = next;
  }

  #rows(): { order: OrderRow; gone: boolean }[] {
    const board = this.feed.board;
    if (!board) return [];
    return this.rowIds.flatMap((id) => {
      const here = board.orders.get(id);
      const order = here ?? this.#lastRows.get(id);
      const shown = order && (this.passes(order) || id === this.selectedId);
      return shown && this.#found(order) ? [{ order, gone: !here }] : [];
    });
  }

  #found(order: OrderRow): boolean {
    if (!this.query.trim()) return true;
    const crew = this.crewOf(order);
    const texts = [order.number, order.place, order.place_en, this.faultName(order.fault_code), order.fault_code];
    return matches([...texts, crew && nameOf(crew), crew?.code, this.plateOf(crew)], this.query);
  }

  /** Is the order one of those asked for? What is in focus stays in sight in any case. */
  protected passes(_order: OrderRow): boolean {
    return true;
  }

  newsOf(order: OrderRow): News {
    return order.id === this.selectedId ? null : newsOf(order, this.#seen);
  }

  seeAll(): void {
    const orders = this.feed.board?.orders.values() ?? [];
    this.#seen = new Map([...orders].map((order) => [order.id, outline(order)]));
  }

  see(id: string): void {
    const row = this.feed.board?.orders.get(id);
    const now = row && outline(row);
    if (now && this.#seen.get(id) !== now) this.#seen = new Map(this.#seen).set(id, now);
  }

  crewOf(order: OrderRow): CrewRow | undefined {
    return this.feed.board?.crews.get(order.assignment?.crew_id ?? '');
  }

  plateOf(crew: CrewRow | undefined): string | undefined {
    return this.feed.board?.vehicles.get(crew?.vehicle_id ?? '')?.plate;
  }

  faultName(code: string): string {
    const fault = this.reference?.fault_codes.find((each) => each.code === code);
    return fault ? nameOf(fault) : code;
  }

  faultShort(code: string): string {
    const fault = this.reference?.fault_codes.find((each) => each.code === code);
    return fault ? shortName('short_fault', fault) : code;
  }

  segmentName(code: string): string {
    const segment = this.reference?.segments.find((each) => each.code === code);
    return segment ? nameOf(segment) : word('point', code);
  }

  segmentShort(code: string): string {
    const segment = this.reference?.segments.find((each) => each.code === code);
    return segment ? shortName('short_segment', segment) : word('point', code);
  }

  tradeName(code: string): string {
    const trade = this.reference?.trades.find((each) => each.code === code);
    return trade ? nameOf(trade) : code;
  }

  tradeShort(code: string): string {
    const trade = this.reference?.trades.find((each) => each.code === code);
    return trade ? shortName('short_trade', trade) : code;
  }

  partyName(code: string): string {
    const party = this.reference?.parties.find((each) => each.code === code);
    return party ? shortName('short_party', party) : word('holder', code);
  }

  awayName(code: string | null): string {
    const reason = this.reference?.away_reasons.find((each) => each.code === code);
    return reason ? nameOf(reason) : (code ?? '');
  }

  unitName(id: string | null): string {
    const board = this.feed.board;
    const unit = id ? (board?.crews.get(id) ?? board?.centres.get(id)) : null;
    return unit ? nameOf(unit) : '';
  }

  holderName(order: OrderRow): string {
    return this.unitName(order.holder.unit_id) || word('holder', order.holder.code);
  }

  /** Does the order stand out: pointed at itself, or held by the crew that is? */
  isLit(order: OrderRow): boolean {
    if (this.hoveredCrewId) return order.assignment?.crew_id === this.hoveredCrewId;
    return order.id === this.hoveredId;
  }

  select(id: string | null): void {
    if (this.selectedId) this.see(this.selectedId);
    if (id && id !== this.selectedId) this.#saying.moveOn();
    this.selectedId = id;
    if (id) this.see(id);
    // The page follows the focus: one looks through orders without closing it.
    if (this.openId && id) this.open(id);
  }

  move(by: 1 | -1): void {
    const ids = this.rows.map(({ order }) => order.id);
    if (ids.length === 0) return;
    const at = this.selectedId ? ids.indexOf(this.selectedId) : -1;
    const next = at < 0 ? (by > 0 ? 0 : ids.length - 1) : at + by;
    const id = ids[Math.max(0, Math.min(ids.length - 1, next))];
    if (id) this.select(id);
  }

  open(id: string | null): void {
    if (id && id !== this.selectedId) this.#saying.moveOn();
    this.openId = id;
    if (id) this.selectedId = id;
    const hash = id ? `#/orders/${id}` : '';
    if (location.hash !== hash) history.replaceState(null, '', location.pathname + location.search + hash);
  }

  /** Fetch the traced order's evidence now and whenever its row changes. An effect's body. */
  followDetail(): () => void {
    const id = this.#evidenceId;
    void [this.#evidenceRow, language()];
    if (!id) return () => {};
    let stale = false;
    const load = async (): Promise<void> => {
      const before = this.detail?.id === id ? this.detail.data : null;
      try {
        const data = await get<OrderDetail>(`/api/orders/${encodeURIComponent(id)}`);
        if (!stale) this.detail = { id, data, problem: null };
      } catch (problem) {
        if (stale) return;
        this.detail = { id, data: before, problem };
        if (passing(problem)) timer = setTimeout(() => void load(), RETRY_MS);
        if (id === this.openId && isUnknown(problem)) {
          this.said = { tone: 'refused', text: t('order.unknown') };
        }
      }
    };
    // Holding j down must not ask for every order passed.
    let timer = setTimeout(() => void load(), DETAIL_PAUSE_MS);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }

  detailOf(id: string): OrderDetail | null {
    return this.detail?.id === id ? this.detail.data : null;
  }

  actionsOf(order: OrderRow): Action[] {
    return possible(order, this.rights);
  }

  /** Do it at once, or ask first for what it needs. */
  begin(action: Action, order: OrderRow): void {
    if (action.asks === 'nothing') void this.perform(order, action.code, {});
    else if (action.asks === 'follow_on') this.asking = { kind: 'follow_on', order };
    else this.asking = { kind: 'action', action, order };
  }

  /** Make the order that follows on this one; the status line leads to it. */
  async followOn(order: OrderRow, body: FollowOnBody, key = newKey()): Promise<void> {
    this.asking = null;
    this.said = { tone: 'busy', text: t('action.busy') };
    try {
      const child = await post<OrderRow>(`/api/orders/${order.id}/follow-on`, body, key);
      this.feed.show(child);
      const act = (): void => this.open(child.id);
      const text = t('done.follow_on', { number: order.number, child: child.number });
      this.said = { tone: 'done', text, offer: { label: t('order.open'), act } };
    } catch (error) {
      this.said = this.#refused(error, word('action', 'follow_on'), order.number, () =>
        void this.followOn(order, body, key),
      );
    }
  }

  /** 催办: the customer asks again, in this call or on another way. True where it was recorded. */
  async chase(order: OrderRow, body: ChaseUpBody, key = newKey()): Promise<boolean> {
    this.said = { tone: 'busy', text: t('action.busy') };
    try {
      const after = await post<OrderRow>(`/api/orders/${order.id}/chase-ups`, body, key);
      this.feed.show(after);
      const urgency = word('file.urgency', String(after.urgency));
      this.said = { tone: 'done', text: t('done.chase', { number: after.number, count: after.chase_ups, urgency }) };
      return true;
    } catch (error) {
      this.said = this.#refused(error, word('action', 'chase'), order.number, () => void this.chase(order, body, key));
      return false;
    }
  }

  async perform(order: OrderRow, code: ActionCode, choice: Choice, key = newKey()): Promise<void> {
    this.asking = null;
    this.said = { tone: 'busy', text: t('action.busy') };
    try {
      for (const [index, { path, body }] of requests(order, code, choice).entries()) {
        this.feed.show(await post<OrderRow>(path, body, index === 0 ? key : `${key}.${index}`));
      }
      this.see(order.id);
      this.said = this.#done(order, code, choice);
    } catch (error) {
      this.said = this.#refused(error, word('action', code), order.number, () =>
        void this.perform(order, code, choice, key),
      );
    }
  }

  readonly drawable = (order: OrderRow): boolean =>
    this.rights.has('order.site') && order.state !== 'closed';

  /** What counts as being at the order's place; null: the circle again. */
  async drawSite(order: OrderRow, shape: DrawnShape | null, key = newKey()): Promise<void> {
    this.asking = null;
    this.said = { tone: 'busy', text: t('action.busy') };
    try {
      this.feed.show(await post<OrderRow>(`/api/orders/${order.id}/site`, { shape }, key));
      this.said = { tone: 'done', text: t(shape ? 'site.said' : 'site.said.circle', { number: order.number }) };
    } catch (error) {
      this.said = this.#refused(error, t('site.label'), order.number, () => void this.drawSite(order, shape, key));
    }
  }

  /** Take note of a call for help, or say that it is over. The row comes by the feed. */
  async answerHelp(call: HelpCall, how: 'acknowledge' | 'helped' | 'mistake', key = newKey()): Promise<void> {
    const crew = (language() === 'zh' ? call.crew_zh : call.crew_en) ?? call.plate ?? '';
    const noted = how === 'acknowledge';
    this.said = { tone: 'busy', text: t('action.busy') };
    try {
      await post(`/api/help/${call.id}/${noted ? 'acknowledge' : 'end'}`, noted ? {} : { outcome: how }, key);
      this.said = { tone: 'done', text: t(noted ? 'help.said.noted' : 'help.said.ended', { crew }) };
    } catch (error) {
      this.said = this.#refused(error, t('help.title'), call.number ?? crew, () => void this.answerHelp(call, how, key));
    }
  }

  #done(order: OrderRow, code: ActionCode, choice: Choice): Said {
    const unit = this.unitName(choice.centre_id ?? choice.crew_id ?? null);
    const text = t(`done.${code}` as Key & 'done.release', { number: order.number, unit });
    const undo = code === 'release' || code === 'dispatch' || code === 'resend';
    if (!undo) return { tone: 'done', text };
    const act = (): void => {
      const now = this.feed.board?.orders.get(order.id);
      const back = now && this.actionsOf(now).find((action) => action.letter === 'x');
      if (now && back) this.begin(back, now);
    };
    return { tone: 'done', text, offer: { label: t('done.undo'), act } };
  }

  #refused(error: unknown, action: string, number: string, again: () => void): Said {
    if (error instanceof ApiProblem) {
      if (error.status === 401) goToLogin();
      return { tone: 'refused', text: error.detail };
    }
    return {
      tone: 'refused',
      text: t('action.not_reached', { action, number }),
      offer: { label: t('app.retry'), act: again },
    };
  }
}
