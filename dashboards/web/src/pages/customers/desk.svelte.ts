import { getContext, setContext } from 'svelte';
import { ApiProblem, get, newKey, post } from '../../lib/api/client';
import type { Id, Reference, Schemas, Session } from '../../lib/api/types';
import { language, t } from '../../lib/i18n/index.svelte';
import { TicketWords } from '../../lib/tickets/words.svelte';
import { Saying } from '../../lib/ui/said.svelte';

export type CustomerPage = Schemas['CustomerAnswer'];
export type Brief = Schemas['CustomerBrief'];
export type Phone = Schemas['PhoneRow'];
export type Note = Schemas['NoteRow'];
export type Past = CustomerPage['tickets'][number];

export const TABS = ['open', 'orders', 'tickets', 'calls', 'outages'] as const;
export type Tab = (typeof TABS)[number];
export type Asking = { kind: 'phone' } | { kind: 'correct' } | { kind: 'hide'; note: Note };

const RECENT = 12;
const PATH = /^#\/([0-9a-f-]{36})$/;

/** What the page knows: the customer in view, the ones looked at before, what is being asked. */
export class CustomerDesk {
  session = $state.raw<Session | null>(null);
  reference = $state.raw<Reference | null>(null);
  id = $state<Id | null>(null);
  page = $state.raw<CustomerPage | null>(null);
  problem = $state.raw<unknown>(null);
  loading = $state(false);
  recent = $state.raw<readonly Brief[]>([]);
  tab = $state<Tab>('open');
  asking = $state.raw<Asking | null>(null);
  /** Why the last write was refused; the dialog that is open says it. */
  refusal = $state('');
  readonly saying = new Saying();
  /** What states of tickets are called. */
  readonly words = new TicketWords();

  /** Whoever is here and what codes mean; the address says who is to be shown. */
  enter(session: Session, reference: Reference): void {
    this.session = session;
    this.reference = reference;
    this.follow();
  }

  get mayEdit(): boolean {
    return this.session?.user.rights.includes('directory.edit') ?? false;
  }

  faultName(code: string): string {
    const fault = this.reference?.fault_codes.find((one) => one.code === code);
    return (language() === 'zh' ? fault?.name_zh : fault?.name_en) ?? code;
  }

  /** Show what the address says. */
  follow(): void {
    const id = PATH.exec(location.hash)?.[1] ?? null;
    if (id === this.id && (id === null || this.page)) {
      if (id === null) void this.#readRecent();
      return;
    }
    this.id = id;
    this.page = null;
    this.problem = null;
    this.tab = 'open';
    this.asking = null;
    if (id !== null) void this.load();
    void this.#readRecent();
  }

  ask(asking: Asking | null): void {
    this.refusal = '';
    this.asking = asking;
  }

  open(id: Id | null): void {
    location.hash = id ? `#/${id}` : '#/';
  }

  async load(): Promise<void> {
    const id = this.id;
    if (id === null) return;
    this.loading = true;
    try {
      const page = await get<CustomerPage>(`/api/customers/${id}`);
      if (this.id !== id) return;
      this.page = page;
      this.problem = null;
      this.#remember(id);
    } catch (problem) {
      if (this.id === id) this.problem = problem;
    } finally {
      if (this.id === id) this.loading = false;
    }
  }

  /** Only ids are kept in the browser: names come from the server, masked for whom they must be. */
  get #stored(): string {
    return `paidan.customers.${this.session?.user.id ?? ''}`;
  }

  #ids(): Id[] {
    try {
      const kept: unknown = JSON.parse(localStorage.getItem(this.#stored) ?? '[]');
      return Array.isArray(kept) ? kept.filter((one) => PATH.test(`#/${one}`)) : [];
    } catch {
      return [];
    }
  }

  #remember(id: Id): void {
    const ids = [id, ...this.#ids().filter((one) => one !== id)].slice(0, RECENT);
    localStorage.setItem(this.#stored, JSON.stringify(ids));
    if (!this.recent.some((one) => one.id === id)) void this.#readRecent();
  }

  async #readRecent(): Promise<void> {
    const ids = this.#ids();
    if (ids.length === 0) return;
    try {
      this.recent = await get<Brief[]>(`/api/customers?${ids.map((id) => `id=${id}`).join('&')}`);
    } catch {
      // The list is a convenience; the page itself says what is wrong.
    }
  }

  /** One write: the page takes the part that came back; the status line says what became of it. */
  async write<T extends Partial<CustomerPage>>(
    path: string,
    body: unknown,
    done: string,
    undo?: () => void,
  ): Promise<boolean> {
    const id = this.id;
    this.refusal = '';
    this.saying.say({ tone: 'busy', text: t('action.busy') });
    try {
      const part = await post<T>(`/api/customers/${id}/${path}`, body, newKey());
      if (this.id === id && this.page) this.page = { ...this.page, ...part };
      this.saying.say({
        tone: 'done',
        text: done,
        ...(undo ? { offer: { label: t('customers.undo'), act: undo } } : {}),
      });
      this.asking = null;
      return true;
    } catch (problem) {
      const text =
        problem instanceof ApiProblem ? (problem.fields[0]?.message ?? problem.detail) : t('customers.not_reached');
      this.refusal = text;
      this.saying.say({ tone: 'refused', text });
      return false;
    }
  }

  addPhone(number: string, used_by: Phone['used_by'], verified: boolean): Promise<boolean> {
    return this.write('phones', { number, used_by, verified }, t('customers.phone.added'));
  }

  verifyPhone(phone: Phone): Promise<boolean> {
    const to = (verified: boolean, undo?: () => void): Promise<boolean> =>
      this.write(`phones/${phone.id}/verify`, { verified }, t('customers.phone.marked'), undo);
    return to(!phone.verified, () => void to(phone.verified));
  }

  setLanguage(phone: Phone, language: string): Promise<boolean> {
    return this.write(`phones/${phone.id}/language`, { language }, t('notices.language.said'));
  }

  /** The number goes with it; here it is still known, so it can be put back. */
  removePhone(phone: Phone): Promise<boolean> {
    const { number, used_by, verified } = phone;
    return this.write(`phones/${phone.id}/remove`, null, t('customers.phone.removed'), () =>
      void this.addPhone(number, used_by, verified),
    );
  }

  addNote(words: string, pinned: boolean): Promise<boolean> {
    return this.write('notes', { words, pinned }, t('customers.note.saved'));
  }

  pinNote(note: Note): Promise<boolean> {
    return this.write(`notes/${note.id}/pin`, { pinned: !note.pinned }, t('customers.note.saved'));
  }

  hideNote(note: Note, reason: string): Promise<boolean> {
    return this.write(`notes/${note.id}/hide`, { reason }, t('customers.note.was_hidden'));
  }
}

const KEY = Symbol('customers');
export const provideCustomers = (desk: CustomerDesk): CustomerDesk => setContext(KEY, desk);
export const useCustomers = (): CustomerDesk => getContext<CustomerDesk>(KEY);
