import { ApiProblem, newKey, post } from '../../lib/api/client';
import { goToLogin } from '../../lib/api/session';
import type { Call, Customer, Id, OrderRow } from '../../lib/api/types';
import type { Action } from '../../lib/desk/actions';
import { CallerBook, type Looked } from '../../lib/directory/callers.svelte';
import {
  knownOf,
  likelySame,
  nameOfCustomer,
  SURE,
  urgencyOf,
  withNear,
  type Likely,
} from '../../lib/directory/known';
import { t } from '../../lib/i18n/index.svelte';
import { Draft, type Filed } from '../../lib/intake/draft.svelte';
import { NearBook } from '../../lib/intake/near.svelte';
import { CallsFeed } from '../../lib/live/calls.svelte';
import { nextInLine } from '../../lib/phone/rules';
import type { AgentRow } from '../../lib/phone/types';
import { serverClock } from '../../lib/time/clock.svelte';
import { Desk } from '../../lib/desk/desk.svelte';
import { typing } from '../../lib/ui/keyboard';
import { proposed, sortCalls, standing, wrapped, type Standing } from './calls';
import { Phone } from './phone.svelte';

/** How often a waiting caller is heard. */
const RING_MS = 8000;

/** The agent's desk: the board's orders, and beside them the calls and what is written of them. */
export class AgentDesk extends Desk {
  override readonly orderPath = '/#/orders/';
  readonly calls = new CallsFeed();
  readonly phone: Phone = new Phone(this);
  readonly callers = new CallerBook();
  readonly near = new NearBook();
  /** The call that the desk shows; null: none, or a request without a call. */
  callId = $state<Id | null>(null);
  /** The last order filed here, to watch its first hop. */
  filedId = $state<Id | null>(null);
  /** A person chose this call: it stays until it is nobody's work any more. */
  #pinned = false;
  #drafts = new Map<Id | null, Draft>();
  #filings = $state(0);
  /** Calls that were there at the last look. */
  #heard: ReadonlySet<Id> | null = null;
  #rangAt = 0;
  /** The call of my telephone that the desk has turned to by itself. */
  #turnedTo: Id | null = null;

  constructor() {
    super();
    this.feed.carry(this.calls);
    this.feed.carry(this.phone.feed);
  }

  readonly me = $derived(this.session?.user.id ?? '');
  /** My telephone, where Paidan connects me. */
  readonly line: AgentRow | null = $derived(this.phone.connected ? this.phone.me : null);
  /** Without a telephone of ours calls are taken by hand. */
  readonly mayTake = $derived(this.rights.has('call.take') && this.line === null);
  readonly sorted = $derived(sortCalls(this.calls.byId?.values() ?? [], this.me, serverClock.now, this.line));
  readonly call: Call | null = $derived(
    (this.callId && this.calls.byId?.get(this.callId)) || null,
  );
  readonly draft: Draft = $derived.by(() => {
    void this.#filings; // a form that has served gives way to a new one, also of the same call
    return this.draftOf(this.callId);
  });
  readonly looked: Looked | null = $derived(
    this.call ? this.callers.of(this.call.from_number) : null,
  );
  readonly customers: readonly Customer[] = $derived(this.looked?.caller?.customers ?? []);
  /** Whose account it is about: the one that was chosen, or the only one. */
  readonly customer: Customer | null = $derived(
    this.customers.find((each) => each.customer_id === this.draft.fields.customerId) ??
      (this.customers.length === 1 ? (this.customers[0] ?? null) : null),
  );
  /** Open orders that may be of the same fault, the nearest first. */
  readonly likely: Likely[] = $derived.by(() => {
    const orders = this.feed.board?.orders ?? new Map<Id, OrderRow>();
    const known = likelySame(this.looked?.caller ?? null, this.customer, orders);
    return withNear(known, this.near.found, orders);
  });
  /** The order that a repeat call asks about: the one in focus, else an open one of the customer. */
  readonly chaseable: OrderRow | null = $derived.by(() => {
    if (!this.rights.has('ticket.work') || this.draft.callId === null) return null;
    const asked = this.selected ?? this.likely.find(({ at, score }) => at === 'customer' || score >= SURE)?.order ?? null;
    return asked && asked.state !== 'closed' ? asked : null;
  });
  /** The order that was filed here last, where this person may release it. */
  readonly releasable: { action: Action; order: OrderRow } | null = $derived.by(() => {
    const order = this.filed;
    const action = order && this.actionsOf(order).find(({ code }) => code === 'release');
    return order && action ? { action, order } : null;
  });
  readonly filed: OrderRow | null = $derived(
    (this.filedId && this.feed.board?.orders.get(this.filedId)) || null,
  );
  /** Calls that a request may have been told in: mine and unfiled ones. */
  readonly fileable: Call[] = $derived.by(() => {
    const { mine, offered, parked, handed, to_file, waiting, missed } = this.sorted;
    const listed = [...mine, ...offered, ...parked, ...handed, ...to_file, ...waiting, ...missed];
    return this.call && !listed.includes(this.call) ? [this.call, ...listed] : listed;
  });

  protected override readonly mineFirst = ({ holder, state }: OrderRow): boolean =>
    holder.code === 'hotline' && state !== 'closed';

  /** What stands on the desk of the agent in the list, from top to bottom. */
  get listed(): Call[] {
    const { mine, offered, parked, handed, waiting, to_file, missed, silent } = this.sorted;
    const own = [...mine, ...offered, ...parked, ...handed];
    return [...own, ...(this.line ? [] : waiting), ...to_file, ...missed, ...silent];
  }

  draftOf(callId: Id | null): Draft {
    const known = this.#drafts.get(callId);
    if (known) return known;
    const made = new Draft(callId);
    this.#drafts.set(callId, made);
    return made;
  }

  /** Show the call that is mine to handle now, but never take a form away from who writes in it. */
  settle(): void {
    if (!this.calls.byId || !this.me) return;
    const here = this.call ? this.#standing(this.call) : null;
    if (this.#turnToLine(here) || here === 'mine' || here === 'parked' || here === 'handed' || here === 'to_file') return;
    if (this.draft.busy || this.draft.begun || (this.draft.dirty && here !== 'done')) return;
    const sorted = this.line ? { ...this.sorted, waiting: [] } : this.sorted;
    const next = proposed(sorted, wrapped(this.line))?.id ?? null;
    // What a colleague took first stays in view, until something else comes.
    if (this.#pinned && here !== 'done' && (here !== 'theirs' || next === null)) return;
    this.#pinned = false;
    this.callId = next;
  }

  /** Whom I talk to, or who rings at my telephone, comes into view: at once, unless somebody writes. */
  #turnToLine(here: Standing | null): boolean {
    const next = this.line && (this.sorted.mine.at(-1) ?? this.sorted.offered[0]);
    const known = next?.id ?? null;
    if (known === this.#turnedTo) return false;
    if (next && (this.draft.busy || (here !== 'offered' && typing(document.activeElement)))) return false;
    this.#turnedTo = known;
    if (!next) return false;
    this.#pinned = false;
    this.callId = next.id;
    void this.callers.ask(next.from_number, true); // what was asked before it rang may have changed
    return true;
  }

  /** Calls that this desk lets be heard: those that I may take, or that ring at my telephone. */
  get ringing(): Call[] {
    return this.line ? this.sorted.offered : this.sorted.waiting;
  }

  /** New calls that rang since the last look; none at the first. */
  #newlyRinging(): number {
    const rows = this.calls.byId;
    if (!rows) return 0;
    const waiting = this.ringing.map(({ id }) => id);
    const before = this.#heard;
    this.#heard = new Set(this.line ? waiting : rows.keys());
    return before ? waiting.filter((id) => !before.has(id)).length : 0;
  }

  /** What the desk does whenever its calls or the clock change. */
  follow(): void {
    this.settle();
    const { waiting, offered, mine, parked } = this.sorted;
    const coming = this.line ? waiting.filter(({ queue }) => this.#next(queue)) : waiting;
    for (const call of [...offered, ...mine, ...parked, ...coming]) void this.callers.ask(call.from_number);
    if (this.call) void this.callers.ask(this.call.from_number);
    this.#fill();
    this.near.follow(this.draft, serverClock.exact());
    this.#ring();
  }

  /** The next caller of this queue may be mine: who it is, is asked before the telephone rings. */
  #next(queue: string | null): boolean {
    return nextInLine(this.line, this.phone.feed.byId?.values() ?? [], queue);
  }

  /** Write what is known into the form, wherever nobody has written. */
  #fill(): void {
    const { call, draft, customer } = this;
    if (!call) return;
    draft.fill({ phone: call.from_number, ...(customer ? knownOf(customer) : {}) });
    draft.propose('customer', customer ? urgencyOf(customer) : 0);
  }

  /** A waiting caller is heard at once, and again until somebody takes the call. */
  #ring(): void {
    const fresh = this.#newlyRinging() > 0;
    const busy = this.sorted.mine.length > 0 || !this.rights.has('call.take');
    const again = this.ringing.length > 0 && serverClock.exact() - this.#rangAt > RING_MS;
    if (busy || !(fresh || again)) return;
    this.#rangAt = serverClock.exact();
    this.sounds.ring();
  }

  /** The name of who calls; empty where it is not known, or several share the number. */
  callerName(call: Call): string {
    return this.nameOfNumber(call.from_number);
  }

  nameOfNumber(number: string): string {
    const found = this.callers.of(number)?.caller?.customers ?? [];
    const [first] = found;
    if (!first) return '';
    return found.length === 1 ? nameOfCustomer(first) : t('agent.several', { count: found.length });
  }

  /** Say whose account it is; true where there is such a customer. */
  chooseCustomer(index: number): boolean {
    const customer = this.customers[index];
    if (!customer) return false;
    this.draft.choose(customer.customer_id, knownOf(customer));
    return true;
  }

  /** Look at a call, or (null) write a request without one. */
  choose(id: Id | null): void {
    this.callId = id;
    this.#pinned = true;
    if (this.call) void this.callers.ask(this.call.from_number, true);
    this.#fill();
  }

  step(by: 1 | -1): void {
    const ids = this.listed.map(({ id }) => id);
    const at = this.callId ? ids.indexOf(this.callId) : -1;
    const next = ids[at < 0 ? 0 : Math.max(0, Math.min(ids.length - 1, at + by))];
    if (next) this.choose(next);
  }

  /** A parked customer comes into view, and back on the line where I am free. */
  async fetchBack(index: number): Promise<void> {
    const call = this.sorted.parked[index];
    if (!call) return;
    this.choose(call.id);
    if (this.phone.acts.includes('resume')) await this.phone.do('resume');
    else this.said = { tone: 'refused', text: t('phone.parked.busy') };
  }

  /** The call that Enter takes: the one in view, else the one that has waited longest. */
  get takable(): Call | null {
    if (!this.mayTake) return null;
    const inView = this.call && ['waiting', 'missed', 'silent'].includes(this.#standing(this.call));
    return (inView ? this.call : this.sorted.waiting[0]) ?? null;
  }

  #standing(call: Call): Standing {
    return standing(call, this.me, serverClock.now, this.line);
  }

  async take(call: Call, key = newKey()): Promise<void> {
    this.choose(call.id);
    this.said = { tone: 'busy', text: t('action.busy') };
    try {
      this.calls.show(await post<Call>(`/api/calls/${call.id}/take`, {}, key));
      this.said = { tone: 'done', text: t('agent.taken') };
    } catch (error) {
      if (error instanceof ApiProblem) {
        if (error.status === 401) goToLogin();
        this.said = { tone: 'refused', text: error.detail };
        return;
      }
      const act = (): void => void this.take(call, key);
      this.said = { tone: 'refused', text: t('agent.take.not_reached'), offer: { label: t('app.retry'), act } };
    }
  }

  /** This call only asks how far the order is: it is attached to it, and no second one is made. */
  async chaseUp(order: OrderRow): Promise<void> {
    const draft = this.draft;
    const note = draft.fields.description.trim();
    const call = { call_id: draft.callId };
    if (!(await this.chase(order, note ? { ...call, note } : call))) return;
    this.#served(draft);
    await this.calls.fetch();
    this.settle();
  }

  /** A form that has served gives way to what comes next. */
  #served(draft: Draft): void {
    draft.discard();
    for (const [id, each] of this.#drafts) if (each === draft) this.#drafts.delete(id);
    this.#filings += 1;
    this.#pinned = false;
    if (this.callId === draft.callId) this.callId = null;
  }

  /** The request is filed: its form has served, and what comes next comes up. */
  filedNow({ ticketId, order }: Filed, draft: Draft): void {
    const call = draft.callId && this.calls.byId?.get(draft.callId);
    if (call) {
      const made = { id: ticketId, kind: draft.fields.kind, order_id: order?.id ?? null, order_number: order?.number ?? null };
      // The live connection may have told of it before the answer came.
      const others = call.tickets.filter(({ id }) => id !== ticketId);
      this.calls.show({ ...call, tickets: [...others, made] });
      void this.callers.ask(call.from_number, true);
    }
    this.filedId = order?.id ?? null;
    const text = order ? t('done.file', { number: order.number }) : t('done.ticket');
    this.said = { tone: 'done', text };
    this.#served(draft);
    this.settle();
  }

  override open(id: string | null): void {
    if (id) location.assign(`${this.orderPath}${id}`);
  }
}
