import { ApiProblem, get } from '../api/client';
import type { BoardSnapshot, Delta, OrderRow, ServerMessage } from '../api/types';
import { serverClock } from '../time/clock.svelte';
import { Fleet } from './fleet';
import { apply, fromSnapshot, withOrder, type Board } from './reducer';

export type Connection = 'connecting' | 'live' | 'catching_up' | 'cut_off';

/** Where a screen's rows come from: the snapshot's path and the live topic that follows it. */
export interface Source {
  path: string;
  topic: 'board' | 'queue';
}

export const BOARD: Source = { path: '/api/board', topic: 'board' };
export const QUEUE: Source = { path: '/api/queue', topic: 'queue' };

/** Another topic that comes over the same connection; it holds its own rows. */
export interface Rider {
  readonly topic: string;
  /** Of its last delta; null before the first snapshot. */
  readonly number: number | null;
  fetch(): Promise<void>;
  /** False where a number is missing: fetch again. */
  apply(items: readonly Delta[]): boolean;
}

/** Close code of the server when the login has ended. */
const LOGIN_ENDED = 4401;
const BACKOFF_MS = { first: 300, last: 5_000 };
/** Heartbeats come every five seconds; this much silence is a dead connection. */
const SILENCE_MS = 16_000;
/** How long a known gap may stand before the snapshot is fetched again. */
const GAP_GRACE_MS = 1500;
/** A receipt that is later than this behind the order says since when it has been here. */
const RECEIPT_LATE_MS = 5_000;

/**
 * The board, kept live: snapshot, then numbered deltas. A gap or a `resync` fetches the snapshot
 * again. Deliveries are confirmed to the server only once the order's row is really here.
 */
export class BoardFeed {
  board = $state.raw<Board | null>(null);
  /** Where the vehicles are now; the rows in `board` say where they were at the snapshot. */
  readonly fleet = new Fleet();
  connection = $state<Connection>('connecting');
  /** When the last word of the server came (on its own clock, ms), while cut off. */
  cutOffSince = $state<number | null>(null);
  problem = $state.raw<unknown>(null);

  #socket: WebSocket | null = null;
  #stopped = false;
  #backoff = BACKOFF_MS.first;
  #lastWord = Date.now();
  #silence: ReturnType<typeof setInterval> | undefined;
  #gapTimer: ReturnType<typeof setTimeout> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #refetching: Promise<void> | null = null;
  /** Deliveries to confirm, by receipt id. */
  #deliveries = new Map<string, { orderId: string; recall: boolean }>();
  readonly #riders: Rider[] = [];
  /** Since when each assignment is on a crew's screen, on the server's clock, ms. */
  #since = new Map<string, number>();

  /** `recalled` is told each recall that this screen has to confirm, maybe more than once. */
  constructor(
    private readonly loginEnded: () => void,
    private readonly source: Source = BOARD,
    private readonly recalled: (orderId: string) => void = () => {},
  ) {}

  start(): () => void {
    const online = (): void => this.#reconnectNow();
    const offline = (): void => this.#lineGone();
    addEventListener('online', online);
    addEventListener('offline', offline);
    this.#silence = setInterval(() => {
      if (this.#socket && Date.now() - this.#lastWord > SILENCE_MS) this.#socket.close();
    }, 1000);
    void this.#begin();
    return () => {
      this.#stopped = true;
      removeEventListener('online', online);
      removeEventListener('offline', offline);
      clearInterval(this.#silence);
      for (const timer of [this.#gapTimer, this.#retryTimer]) {
        clearTimeout(timer);
      }
      this.#socket?.close();
    };
  }

  /** Before the start: show what was known at `asOf` (server's clock, ms), as cut off. */
  seed(board: Board, asOf: number): void {
    this.board = board;
    this.#arrived(asOf);
    this.cutOffSince = asOf;
    this.connection = 'cut_off';
  }

  /** Keep since when each assignment has been on this screen: a receipt may have to wait for signal. */
  #arrived(at: number): void {
    if (this.source.topic !== 'queue') return;
    for (const { assignment } of this.board?.orders.values() ?? []) {
      if (assignment && !this.#since.has(assignment.id)) this.#since.set(assignment.id, at);
    }
  }

  /** Since when, where that is worth telling: the server reads its own clock otherwise. */
  #sinceOf(orderId: string): { at?: string } {
    const since = this.#since.get(this.board?.orders.get(orderId)?.assignment?.id ?? '');
    const long = since !== undefined && serverClock.exact() - since > RECEIPT_LATE_MS;
    return long ? { at: new Date(since).toISOString() } : {};
  }

  /** Before the start: what was seeded is not this person's. */
  forget(): void {
    this.board = null;
    this.cutOffSince = null;
    this.connection = 'connecting';
  }

  /** The answer to an action of this screen, shown before its delta comes. */
  show(row: OrderRow): void {
    if (this.board) this.board = withOrder(this.board, row);
  }

  /** Let another topic ride along. Before the start. */
  carry(rider: Rider): void {
    this.#riders.push(rider);
  }

  async #begin(): Promise<void> {
    try {
      await this.refetch(); // first: it forgets earlier problems, a rider's refusal must stand
      await Promise.all(this.#riders.map((rider) => rider.fetch()));
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#connect();
  }

  /** Fetch the snapshot; calls at the same time share one request. */
  refetch(): Promise<void> {
    this.#refetching ??= this.#fetchSnapshot().finally(() => (this.#refetching = null));
    return this.#refetching;
  }

  async #fetchSnapshot(): Promise<void> {
    const askedAt = Date.now();
    const numberWhenAsked = this.board?.number ?? 0;
    const snapshot = await get<BoardSnapshot>(this.source.path);
    serverClock.sample(snapshot.server_time, askedAt, Date.now(), snapshot.rate);
    this.problem = null;
    // Deltas may have overtaken the answer; a number below the one asked at is a restored server.
    const overtaken =
      this.board?.topic === snapshot.topic &&
      snapshot.number < this.board.number &&
      snapshot.number >= numberWhenAsked;
    if (!overtaken) this.board = fromSnapshot(snapshot);
    this.fleet.load(snapshot.vehicles);
    this.#confirmDeliveries();
  }

  #failed(error: unknown): void {
    if (error instanceof ApiProblem && error.status === 401) {
      this.loginEnded();
      return;
    }
    this.problem = error;
    if (error instanceof ApiProblem && error.status === 403) return;
    this.#cutOff();
    this.#later();
  }

  #cutOff(): void {
    this.cutOffSince ??= serverClock.fromLocal(this.#lastWord);
    this.connection = 'cut_off';
  }

  /** The browser says that there is no network; the socket itself may take long to notice. */
  #lineGone(): void {
    this.#cutOff();
    this.#socket?.close();
  }

  #later(): void {
    clearTimeout(this.#retryTimer);
    if (this.#stopped) return;
    // Spread out: after a restart of the server not every desk comes back at the same moment.
    const wait = this.#backoff * (0.5 + Math.random() / 2);
    this.#backoff = Math.min(this.#backoff * 2, BACKOFF_MS.last);
    this.#retryTimer = setTimeout(() => this.#reconnectNow(), wait);
  }

  #reconnectNow(): void {
    if (this.#stopped || this.#socket) return;
    clearTimeout(this.#retryTimer);
    const whole = this.board !== null && this.#riders.every(({ number }) => number !== null);
    if (whole) this.#connect();
    else void this.#begin();
  }

  #connect(): void {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/api/live`);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    this.#lastWord = Date.now();
    let heard = false;
    socket.onopen = () => {
      if (this.connection !== 'live') this.connection = 'catching_up';
      this.#subscribe();
    };
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      heard = true;
      this.#lastWord = Date.now();
      this.#backoff = BACKOFF_MS.first;
      this.cutOffSince = null;
      if (typeof event.data === 'string') this.#heard(JSON.parse(event.data) as ServerMessage);
      else this.fleet.take(event.data);
    };
    socket.onclose = (event) => {
      this.#socket = null;
      if (this.#stopped) return;
      if (event.code === LOGIN_ENDED) {
        this.loginEnded();
        return;
      }
      this.#cutOff();
      if (heard) this.#later();
      // A refused handshake looks like a lost network here; the snapshot tells which it is.
      else void this.refetch().then(() => this.#later(), (error: unknown) => this.#failed(error));
    };
  }

  #say(message: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #subscribe(): void {
    if (this.board) this.#say({ type: 'subscribe', topic: this.source.topic, from: this.board.number });
    for (const { topic, number } of this.#riders) {
      if (number !== null) this.#say({ type: 'subscribe', topic, from: number });
    }
  }

  #heard(message: ServerMessage): void {
    const rider =
      'topic' in message ? this.#riders.find(({ topic }) => topic === message.topic) : undefined;
    if (rider) {
      if (this.#missed(rider, message)) void this.#catchUp(rider);
      return;
    }
    switch (message.type) {
      case 'deltas': {
        const next = this.board && apply(this.board, message.items);
        if (!next) {
          void this.#resync();
          return;
        }
        if (next.vehicles !== this.board?.vehicles) this.fleet.load(next.vehicles.values());
        this.board = next;
        this.#confirmDeliveries();
        this.#caughtUp();
        break;
      }
      case 'heartbeat':
        serverClock.heard(message.server_time, message.rate);
        if (this.board && message.head > this.board.number) this.#gapSeen(message.head);
        else {
          this.#caughtUp();
          this.#confirmDeliveries(true);
        }
        break;
      case 'resync':
        void this.#resync();
        break;
      case 'deliver':
        if (message.purpose === 'recall') this.recalled(message.order_id);
        this.#deliveries.set(message.receipt_id, {
          orderId: message.order_id,
          recall: message.purpose === 'recall',
        });
        this.#confirmDeliveries();
        if (this.#deliveries.has(message.receipt_id)) this.#gapSeen(Number.POSITIVE_INFINITY);
        break;
      case 'receipt_ok':
        this.#deliveries.delete(message.receipt_id);
        break;
    }
  }

  /** Does a rider's message show that it lacks something? */
  #missed(rider: Rider, message: ServerMessage): boolean {
    if (message.type === 'deltas') return !rider.apply(message.items);
    return message.type === 'resync' || (message.type === 'heartbeat' && message.head > (rider.number ?? -1));
  }

  async #catchUp(rider: Rider): Promise<void> {
    try {
      await rider.fetch();
      this.#subscribe();
    } catch (error) {
      this.#failed(error);
      this.#socket?.close();
    }
  }

  #caughtUp(): void {
    clearTimeout(this.#gapTimer);
    this.#gapTimer = undefined;
    this.connection = 'live';
  }

  /** Something is known to be missing; it may be just behind on this socket. */
  #gapSeen(head: number): void {
    if (this.#gapTimer !== undefined) return;
    this.#gapTimer = setTimeout(() => {
      this.#gapTimer = undefined;
      if ((this.board?.number ?? 0) < head) void this.#resync();
    }, GAP_GRACE_MS);
  }

  async #resync(): Promise<void> {
    this.connection = 'catching_up';
    try {
      await this.refetch();
      this.#subscribe();
      this.#caughtUp();
    } catch (error) {
      this.#failed(error);
      this.#socket?.close();
    }
  }

  /**
   * Confirm what this screen really shows: an order once its row is here, a recall once the row is
   * gone - or, where the order was sent here anew, once everything up to now has been applied.
   */
  #confirmDeliveries(everythingApplied = false): void {
    this.#arrived(serverClock.exact());
    for (const [receiptId, { orderId, recall }] of this.#deliveries) {
      const here = this.board?.orders.has(orderId) ?? recall;
      if (recall ? here && !everythingApplied : !here) continue;
      const since = recall ? {} : this.#sinceOf(orderId);
      this.#say({ type: 'receipt', receipt_id: receiptId, ...since });
      this.#deliveries.delete(receiptId);
    }
  }
}
