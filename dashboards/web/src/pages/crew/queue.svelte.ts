import { ApiProblem, get, newKey, post } from '../../lib/api/client';
import { currentSession, goToLogin, logout } from '../../lib/api/session';
import type { CrewRow, HelpCall, OrderDetail, OrderRow, Reference, Session, VehicleRow } from '../../lib/api/types';
import { nameOf, t } from '../../lib/i18n/index.svelte';
import { BoardFeed, QUEUE } from '../../lib/live/feed.svelte';
import { visit } from '../../lib/live/visit';
import { earOf } from '../../lib/sound/decide';
import { Sounds } from '../../lib/sound/sounds.svelte';
import type { At } from '../../lib/place/ground';
import { serverClock } from '../../lib/time/clock.svelte';
import { foresee, isWaiting, restoredByTap, type Act, type Doing } from './acts';
import {
  boardOf,
  forget,
  keepRecalls,
  recall,
  recallsOf,
  remember,
  type Recalled,
} from './memory';
import { Outbox, type Line } from './outbox.svelte';
import { arrange, isActive, isRestored, nextStep, type Step } from './steps';
import { browserSky, serverLine } from './position/sky';
import { openPositions } from './position/store';
import { Tracker } from './position/tracker.svelte';
import { MemoryStore, openStore, type Store } from './store';

/** How often the time of what is kept for a page without signal is renewed. */
const REMEMBER_MS = 15_000;

/** A tenth of a metre: more is noise. */
const rounded = (degrees: number): number => Math.round(degrees * 1e6) / 1e6;

type SilentDevice = VehicleRow['silent_devices'][number];
const silence = ({ id, since }: SilentDevice): string => `${id} ${since}`;

const ABSENCE = { away: true, back: true };

/** What is asked for before an act goes out: a reason, a record, an absence. */
export type Asking =
  | { what: 'return' | 'record' | 'place' | 'hold'; order: OrderRow }
  | { what: 'away' | 'menu' | 'position'; order?: undefined };

/** The crew's orders, what is done with them, and what was taken back. */
export class CrewQueue {
  readonly feed = new BoardFeed(goToLogin, QUEUE, (id) => this.#recalledNow(id));
  readonly sounds = new Sounds();
  readonly tracker = new Tracker(serverLine, browserSky, openPositions());
  session = $state.raw<Session | null>(null);
  reference = $state.raw<Reference | null>(null);
  problem = $state.raw<unknown>(null);
  details = $state.raw<ReadonlyMap<string, OrderDetail>>(new Map());
  recalled = $state.raw<readonly Recalled[]>([]);
  outbox = $state.raw<Outbox | null>(null);
  asking = $state.raw<Asking | null>(null);
  #store: Store = new MemoryStore();
  #numbers = new Map<string, string>();
  #fetching = new Set<string>();

  readonly acts = $derived<readonly Act[]>(this.outbox?.acts ?? []);
  readonly #arranged = $derived(
    arrange(foresee(this.feed.board?.orders.values() ?? [], this.acts, this.details)),
  );
  readonly shown = $derived(this.#arranged.shown);
  readonly queue = $derived(this.#arranged.queue);
  readonly #busy = $derived(this.shown !== null && isActive(this.shown));
  /** Why and until when the crew is away, as far as the phone knows; null: it is here. */
  readonly absence = $derived.by<{ reason: string; until: string | null } | null>(() => {
    const said = this.acts.findLast(({ doing, state }) => doing in ABSENCE && state !== 'refused');
    if (said && isWaiting(said)) {
      const { reason = '', until = null } = said.body as { reason?: string; until?: string };
      return said.doing === 'away' ? { reason, until } : null;
    }
    const crew = this.feed.board?.crews.get(this.session?.user.unit.id ?? '');
    return crew?.away_reason ? { reason: crew.away_reason, until: crew.away_until } : null;
  });

  /** Silences that somebody has noted, by device and beginning. */
  #notedSilences = $state.raw<ReadonlySet<string>>(new Set());
  /** Devices of the crew's vehicle that the system does not see, and that nobody has noted. */
  readonly silent: SilentDevice[] = $derived(
    [...(this.feed.board?.vehicles.values() ?? [])]
      .filter((row) => row.silent_on_duty && row.crew_id === this.session?.user.unit.id)
      .flatMap((row) => row.silent_devices)
      .filter((device) => !this.#notedSilences.has(silence(device))),
  );

  start(): () => void {
    let stop = (): void => {};
    let stopped = false;
    void this.#open().then(() => {
      if (!stopped) stop = this.#visit();
    });
    return () => {
      stopped = true;
      stop();
    };
  }

  /** What the phone kept is on the screen before anybody was asked. */
  async #open(): Promise<void> {
    this.#store = await openStore();
    this.outbox = new Outbox(this.#store, this.#line());
    const last = await recall(this.#store);
    if (!last) return;
    serverClock.restore(last.clock);
    this.session = last.session;
    this.reference = last.reference;
    this.details = new Map(last.details.map((detail) => [detail.order.id, detail]));
    this.recalled = await recallsOf(this.#store);
    this.feed.seed(boardOf(last), last.asOf);
    await this.outbox.open(last.session.user.id);
    void this.tracker.enter(last.session.user.id, last.session.user.unit.id);
  }

  #visit(): () => void {
    const stop = visit(this, (session) => {
      this.#entered(session);
      return null;
    });
    const wake = (): void => {
      this.outbox?.wake();
      if (!document.hidden) this.tracker.wake();
    };
    const save = (): void => this.remember();
    const timer = setInterval(save, REMEMBER_MS);
    addEventListener('online', wake);
    addEventListener('pagehide', save);
    document.addEventListener('visibilitychange', wake);
    return () => {
      clearInterval(timer);
      removeEventListener('online', wake);
      removeEventListener('pagehide', save);
      document.removeEventListener('visibilitychange', wake);
      this.outbox?.stop();
      stop();
    };
  }

  #entered(session: Session): void {
    if (this.session && this.session.user.id !== session.user.id) {
      this.feed.forget();
      this.details = new Map();
      this.recalled = [];
      void forget(this.#store);
    }
    void this.outbox?.enter(session.user.id);
    if (session.user.role === 'crew') void this.tracker.enter(session.user.id, session.user.unit.id);
  }

  #line(): Line {
    return {
      send: (act) => post<OrderRow | CrewRow>(act.path, act.body, act.key, []),
      applied: (_, row) => {
        if (row && 'assignment' in row) this.feed.show(row);
      },
      loginEnded: goToLogin,
      renew: async () => (await currentSession()).user.id,
      loginChanged: () => location.reload(),
    };
  }

  /** The board's newest rows: heard, and their numbers kept for a recall. An effect's body. */
  follow(): void {
    const orders = this.feed.board?.orders;
    if (!orders) return;
    for (const order of orders.values()) this.#numbers.set(order.id, order.number);
    const ear = earOf(this.session);
    if (ear) this.sounds.follow(orders, ear);
    this.#fetchDetails(orders);
    this.remember();
  }

  /** Positions are for duty only, and close together only on the way. An effect's body. */
  followWork(): void {
    this.tracker.follow(this.absence !== null, this.#busy);
  }

  /** There is a connection again: what waits goes out now. An effect's body. */
  followConnection(): void {
    if (this.feed.connection !== 'live') return;
    this.outbox?.wake();
    this.tracker.wake();
    if (this.feed.board) this.#fetchDetails(this.feed.board.orders);
  }

  remember(): void {
    const { board, cutOffSince } = this.feed;
    if (!board || !this.session || cutOffSince !== null) return;
    const details = [...this.details.values()].filter(({ order }) => board.orders.has(order.id));
    remember(
      this.#store,
      this.session,
      this.reference,
      board,
      details,
      serverClock.exact(),
    );
  }

  /** Caller, notes and limits of every order, so that they are there without signal. */
  #fetchDetails(orders: ReadonlyMap<string, OrderRow>): void {
    for (const { id, version } of orders.values()) {
      const wanted = `${id} ${version}`;
      if (this.details.get(id)?.order.version === version || this.#fetching.has(wanted)) continue;
      this.#fetching.add(wanted);
      get<OrderDetail>(`/api/orders/${id}`)
        .then((detail) => {
          this.details = new Map(this.details).set(id, detail);
          this.remember();
        })
        // The row says what matters; the next change asks again.
        .catch(() => {})
        .finally(() => this.#fetching.delete(wanted));
    }
  }

  detailOf(order: OrderRow): OrderDetail | null {
    return this.details.get(order.id) ?? null;
  }

  isRestored(order: OrderRow): boolean {
    return isRestored(this.detailOf(order)) || restoredByTap(order, this.acts);
  }

  stepOf(order: OrderRow): Step | null {
    return nextStep(order, this.#busy, this.isRestored(order));
  }

  faultName(code: string): string {
    const fault = this.reference?.fault_codes.find((each) => each.code === code);
    return fault ? nameOf(fault) : code;
  }

  /** One tap on a step; the record is asked for first. */
  take(order: OrderRow, step: Step): void {
    if (step === 'finish') this.asking = { what: 'record', order };
    else this.#tap(step, order, step === 'depart' || step === 'arrive' ? this.tracker.spot() : {});
  }

  giveBack(order: OrderRow, reason: string): void {
    this.#tap('return', order, { reason });
  }

  /** The work cannot go on: the clocks may stand still, if the centre says so. */
  hold(order: OrderRow, kind: string, words: string): void {
    this.#tap('hold', order, words ? { kind, words } : { kind });
  }

  resume(order: OrderRow): void {
    this.#tap('resume', order, {});
  }

  record(order: OrderRow, told: Record<string, string>): void {
    this.#tap('finish', order, told);
  }

  /** The fault is elsewhere than the order says. Degrees WGS-84, metres. */
  correctPlace(order: OrderRow, [lat, lon]: At, uncertaintyM: number, note: string): void {
    const told = { lat: rounded(lat), lon: rounded(lon), uncertainty_m: Math.max(1, Math.round(uncertaintyM)) };
    this.#tap('place', order, note.trim() ? { ...told, note: note.trim() } : told);
  }

  goAway(reason: string, minutes: number): void {
    const until = new Date(serverClock.exact() + minutes * 60_000).toISOString();
    this.#tap('away', null, { reason, until });
  }

  comeBack(): void {
    this.#tap('back', null, {});
  }

  /** 求助: goes out as soon as there is signal, with where the phone is. */
  callForHelp(): void {
    this.#tap('help', null, this.tracker.spot());
  }

  /** It was pressed by mistake. */
  withdrawHelp(call: HelpCall): void {
    this.#add('withdraw', null, `/api/help/${call.id}/withdraw`, {});
  }

  /** The call that nobody has ended, and one that still waits on the phone. */
  readonly help: HelpCall | null = $derived(this.feed.board?.help.values().next().value ?? null);
  readonly helpWaits: boolean = $derived(this.acts.some((act) => act.doing === 'help' && isWaiting(act)));

  note(orderId: string, refused: readonly Act[]): void {
    this.recalled = this.recalled.filter((each) => each.orderId !== orderId);
    keepRecalls(this.#store, this.recalled);
    void this.outbox?.note(refused);
  }

  noteSilent(device: SilentDevice): void {
    this.#notedSilences = new Set(this.#notedSilences).add(silence(device));
  }

  /** Leaves nothing of orders and positions on the phone; acts that wait stay until this login comes again. */
  async leave(): Promise<string | null> {
    await this.tracker.flush();
    try {
      await logout();
    } catch (error) {
      if (!(error instanceof ApiProblem)) return t('crew.logout.offline');
    }
    this.outbox?.stop();
    await this.tracker.leave();
    await forget(this.#store);
    location.replace('/login');
    return null;
  }

  #tap(doing: Doing, order: OrderRow | null, told: Act['body']): void {
    const place = order
      ? `assignments/${order.assignment?.id ?? ''}`
      : `crews/${this.session?.user.unit.id ?? ''}`;
    const at = new Date(serverClock.exact()).toISOString();
    this.#add(doing, order, `/api/${place}/${doing}`, { ...told, at }, at);
  }

  #add(
    doing: Doing,
    order: OrderRow | null,
    path: string,
    body: Act['body'],
    at = new Date(serverClock.exact()).toISOString(),
  ): void {
    this.asking = null;
    void this.outbox?.add({
      key: newKey(),
      doing,
      path,
      body,
      at,
      orderId: order?.id ?? null,
      assignmentId: order?.assignment?.id ?? null,
      number: order?.number ?? '',
    });
  }

  #recalledNow(orderId: string): void {
    if (this.recalled.some((each) => each.orderId === orderId)) return;
    const number = this.#numbers.get(orderId) ?? null;
    this.recalled = [...this.recalled, { orderId, number }];
    keepRecalls(this.#store, this.recalled);
  }
}
