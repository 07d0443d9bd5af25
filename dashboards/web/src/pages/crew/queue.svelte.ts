import { ApiProblem, get, newKey, post } from '../../lib/api/client';
import { goToLogin } from '../../lib/api/session';
import type { OrderDetail, OrderRow, Reference, Session } from '../../lib/api/types';
import { language, nameOf, t } from '../../lib/i18n/index.svelte';
import { BoardFeed, QUEUE } from '../../lib/live/feed.svelte';
import { visit } from '../../lib/live/visit';
import { Sounds } from '../../lib/sound/sounds.svelte';
import { serverClock } from '../../lib/time/clock.svelte';
import { arrange, isActive, isRestored, nextStep, TIMED, type Step } from './steps';

/** What became of the last act. */
export interface Said {
  tone: 'done' | 'refused' | 'busy';
  text: string;
  again?: () => void;
}

export interface Recalled {
  orderId: string;
  /** Null where the order had left this screen before its recall came. */
  number: string | null;
}

/** The crew's orders, what is done with them, and what was taken back. */
export class CrewQueue {
  readonly feed = new BoardFeed(goToLogin, QUEUE, (id) => this.#recalledNow(id));
  readonly sounds = new Sounds();
  session = $state.raw<Session | null>(null);
  reference = $state.raw<Reference | null>(null);
  problem = $state.raw<unknown>(null);
  detail = $state.raw<OrderDetail | null>(null);
  said = $state.raw<Said | null>(null);
  recalled = $state.raw<readonly Recalled[]>([]);
  /** The order whose reason of return is asked for. */
  returning = $state.raw<OrderRow | null>(null);
  #numbers = new Map<string, string>();

  readonly #arranged = $derived(arrange(this.feed.board?.orders.values() ?? []));
  readonly shown = $derived(this.#arranged.shown);
  readonly queue = $derived(this.#arranged.queue);
  readonly #busy = $derived(this.shown !== null && isActive(this.shown));
  readonly #shownKey = $derived(this.shown && `${this.shown.id} ${this.shown.version}`);

  start(): () => void {
    return visit(this, () => null);
  }

  /** The board's newest rows: heard, and their numbers kept for a recall. An effect's body. */
  follow(): void {
    const orders = this.feed.board?.orders;
    if (!orders) return;
    for (const order of orders.values()) this.#numbers.set(order.id, order.number);
    this.sounds.follow(orders, 'crew');
  }

  /** Fetch the shown order's caller and stamps whenever it changes. An effect's body. */
  followDetail(): () => void {
    const id = this.#shownKey?.split(' ')[0];
    void language();
    let stale = false;
    if (id) {
      get<OrderDetail>(`/api/orders/${id}`).then(
        (data) => void (stale || (this.detail = data)),
        // The row says what matters; the next change asks again.
        () => {},
      );
    }
    return () => (stale = true);
  }

  detailOf(order: OrderRow): OrderDetail | null {
    return this.detail?.order.id === order.id ? this.detail : null;
  }

  stepOf(order: OrderRow): Step | null {
    const restored = isRestored(this.detailOf(order));
    return nextStep(order, this.#busy, restored);
  }

  faultName(code: string): string {
    const fault = this.reference?.fault_codes.find((each) => each.code === code);
    return fault ? nameOf(fault) : code;
  }

  take(order: OrderRow, step: Step): void {
    const at = new Date(serverClock.exact()).toISOString();
    void this.#act(order, step, TIMED.has(step) ? { at } : {}, t(`crew.step.${step}`));
  }

  giveBack(order: OrderRow, reason: string): void {
    this.returning = null;
    void this.#act(order, 'return', { reason }, t('crew.return'));
  }

  note(recalled: Recalled): void {
    this.recalled = this.recalled.filter((each) => each !== recalled);
  }

  async #act(
    order: OrderRow,
    act: Step | 'return',
    body: object,
    name: string,
    key = newKey(),
  ): Promise<void> {
    this.said = { tone: 'busy', text: t('action.busy') };
    try {
      const path = `/api/assignments/${order.assignment?.id ?? ''}/${act}`;
      this.feed.show(await post<OrderRow>(path, body, key));
      this.said = { tone: 'done', text: t('crew.done', { number: order.number, act: name }) };
    } catch (error) {
      if (error instanceof ApiProblem) {
        if (error.status === 401) goToLogin();
        this.said = { tone: 'refused', text: error.detail };
        return;
      }
      this.said = {
        tone: 'refused',
        text: t('action.not_reached', { action: name, number: order.number }),
        // The same key and the same time: however often it is sent, it is applied once.
        again: () => void this.#act(order, act, body, name, key),
      };
    }
  }

  #recalledNow(orderId: string): void {
    if (this.recalled.some((each) => each.orderId === orderId)) return;
    const number = this.#numbers.get(orderId) ?? null;
    this.recalled = [...this.recalled, { orderId, number }];
  }
}
