import { getContext, setContext } from 'svelte';
import { ApiProblem, newKey, post } from '../../lib/api/client';
import { goToLogin } from '../../lib/api/session';
import type { Id, Reference, Session } from '../../lib/api/types';
import { nameOf, t } from '../../lib/i18n/index.svelte';
import { Polled } from '../../lib/live/polled.svelte';
import { possibleActs, type Act, type ActCode } from '../../lib/tickets/acts';
import { found, fromSearch, listPath, olderPath, toSearch, withOlder, type Filter } from '../../lib/tickets/filter';
import type { TicketList, TicketPage, TicketRow } from '../../lib/tickets/types';
import { TicketWords } from '../../lib/tickets/words.svelte';
import { Saying, type Said } from '../../lib/ui/said.svelte';
import type { Draft, Filed } from '../../lib/intake/draft.svelte';
import { orderDraft } from './order';

const LIST_MS = 15_000;
const PAGE_MS = 10_000;

/** What is being asked over the page. */
export type Asking = { act: Act; ticket: TicketRow } | null;

/** The body of an act, as the server takes it. */
export type Body = Record<string, string>;

/** The tickets that are listed, the one that is open, and what is done with it. */
export class TicketDesk {
  readonly list = new Polled<TicketList>(LIST_MS, true);
  /** What the fragment finds among those that are not listed. */
  readonly older = new Polled<TicketList>(LIST_MS);
  readonly page = new Polled<TicketPage>(PAGE_MS);
  readonly words = new TicketWords();
  session = $state.raw<Session | null>(null);
  reference = $state.raw<Reference | null>(null);
  filter = $state.raw<Filter>(fromSearch(location.search));
  openId = $state<Id | null>(idOf(location.hash));
  asking = $state.raw<Asking>(null);
  /** The order that is being written of the open ticket. */
  filing = $state.raw<Draft | null>(null);
  readonly #saying = new Saying();

  readonly rights = $derived(new Set(this.session?.user.rights ?? []));
  readonly me = $derived(this.session?.user.id ?? '');
  readonly rows: readonly TicketRow[] = $derived(
    withOlder(found(this.list.data?.tickets ?? [], this.filter.query), this.older.data?.tickets ?? []),
  );
  /** The open ticket, once its page is here. */
  readonly open: TicketPage | null = $derived(
    this.page.data?.ticket.id === this.openId ? this.page.data : null,
  );
  readonly acts: Act[] = $derived(this.open ? possibleActs(this.open.may, this.rights, this.open.ticket.kind) : []);
  readonly listPath = $derived(listPath(this.filter));
  /** Null while all of them are listed. */
  readonly olderPath = $derived(this.list.data?.more ? olderPath(this.filter) : null);
  /** Older ones are neither listed nor looked through. */
  readonly leftOut = $derived((this.older.data ?? this.list.data)?.more ?? false);
  readonly pagePath = $derived(this.openId ? `/api/tickets/${encodeURIComponent(this.openId)}` : null);

  get said(): Said | null {
    return this.#saying.now;
  }

  set said(next: Said | null) {
    this.#saying.say(next);
  }

  faultName(code: string | null): string {
    const fault = this.reference?.fault_codes.find((each) => each.code === code);
    return fault ? nameOf(fault) : (code ?? '');
  }

  tradeName(code: string | null): string {
    const trade = this.reference?.trades.find((each) => each.code === code);
    return trade ? nameOf(trade) : (code ?? '');
  }

  segmentName(code: string): string {
    const segment = this.reference?.segments.find((each) => each.code === code);
    return segment ? nameOf(segment) : code;
  }

  filterBy(part: Partial<Filter>): void {
    this.filter = { ...this.filter, ...part };
    this.#remember();
  }

  look(id: Id | null): void {
    if (id !== this.openId) {
      this.#saying.moveOn();
      this.filing = null;
    }
    this.openId = id;
    this.#remember();
  }

  /** The address says what is shown: it can be sent to a colleague. */
  #remember(): void {
    const hash = this.openId ? `#/${this.openId}` : '';
    history.replaceState(null, '', location.pathname + toSearch(this.filter) + hash);
  }

  followAddress(): void {
    this.openId = idOf(location.hash);
    this.filing = null;
  }

  move(by: 1 | -1): void {
    const ids = this.rows.map(({ id }) => id);
    const at = this.openId ? ids.indexOf(this.openId) : -1;
    const next = ids[at < 0 ? 0 : Math.max(0, Math.min(ids.length - 1, at + by))];
    if (next) this.look(next);
  }

  begin(code: ActCode): void {
    const act = this.acts.find((each) => each.code === code);
    if (!act || !this.open) return;
    if (code === 'order') this.filing = orderDraft(this.open, this.words);
    else if (act.asks.length === 0) void this.perform(act, this.open.ticket, {});
    else this.asking = { act, ticket: this.open.ticket };
  }

  /** The order is filed: the ticket shows it. */
  filed({ order }: Filed): void {
    this.filing = null;
    this.said = { tone: 'done', text: t('ticket.done.order', { number: this.open?.ticket.number ?? '', order: order?.number ?? '' }) };
    void this.page.again();
    void this.list.again();
  }

  /** The page after an act of one of its parts. */
  show(after: TicketPage): void {
    if (this.openId === after.ticket.id) this.page.show(after);
    void this.list.again();
  }

  async perform(act: Act, ticket: TicketRow, body: Body, key = newKey()): Promise<void> {
    this.asking = null;
    this.said = { tone: 'busy', text: t('action.busy') };
    try {
      const after = await post<TicketPage>(`/api/tickets/${ticket.id}/${act.code}`, body, key);
      this.show(after);
      // What a centre gives back is the hotline's: its page is there for the centre no more.
      if (act.code === 'return' && !this.rights.has('ticket.work')) this.look(null);
      this.said = this.#done(act, after.ticket, body);
    } catch (error) {
      this.refused(error, () => void this.perform(act, ticket, body, key));
    }
  }

  /** Take a relation back: the other way round, whoever said it. */
  async unrelate(ticketId: Id, otherId: Id, key = newKey()): Promise<void> {
    this.said = { tone: 'busy', text: t('action.busy') };
    try {
      const after = await post<TicketPage>(`/api/tickets/${ticketId}/unrelate`, { ticket_id: otherId }, key);
      this.show(after);
      this.said = { tone: 'done', text: t('ticket.done.unrelate', { number: after.ticket.number ?? '' }) };
    } catch (error) {
      this.refused(error, () => void this.unrelate(ticketId, otherId, key));
    }
  }

  #done(act: Act, after: TicketRow, body: Body): Said {
    const text = t(`ticket.done.${act.code}`, {
      number: after.number ?? '',
      order: after.order_number ?? '',
      unit: this.words.unit(after.unit_id),
    });
    const undo = {
      merge: (): void => this.begin('unmerge'),
      relate: (): void => void this.unrelate(after.id, body.ticket_id ?? ''),
      close: (): void => this.begin('reopen'),
    }[act.code as string];
    return undo ? { tone: 'done', text, offer: { label: t('ticket.undo'), act: undo } } : { tone: 'done', text };
  }

  refused(error: unknown, again: () => void): void {
    if (error instanceof ApiProblem) {
      if (error.status === 401) goToLogin();
      this.said = { tone: 'refused', text: error.detail };
    } else {
      this.said = { tone: 'refused', text: t('ticket.not_reached'), offer: { label: t('app.retry'), act: again } };
    }
  }
}

const idOf = (hash: string): Id | null => {
  const found = /^#\/([0-9a-f-]+)$/.exec(hash)?.[1];
  return found ?? null;
};

const DESK = Symbol('tickets');
export const provideTickets = (desk: TicketDesk): TicketDesk => setContext(DESK, desk);
export const useTickets = (): TicketDesk => getContext<TicketDesk>(DESK);
