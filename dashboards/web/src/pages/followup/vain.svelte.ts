import { get, post } from '../../lib/api/client';
import type { Id } from '../../lib/api/types';
import { CallerBook } from '../../lib/directory/callers.svelte';
import { nameOfCustomer } from '../../lib/directory/known';
import { t, word } from '../../lib/i18n/index.svelte';
import { Polled } from '../../lib/live/polled.svelte';
import { wordIn } from '../../lib/phone/names';
import { byPlace } from '../../lib/phone/rules';
import type { Callback, Own } from '../../lib/phone/types';
import { serverClock } from '../../lib/time/clock.svelte';

/** Often: a colleague may be about to call the same customer. */
const EVERY_MS = 3_000;
export const PATH = '/api/callbacks?state=failed';
export type Outcome = 'reached' | 'given_up' | 'not_needed';

/** Customers whom Paidan has called back in vain, after the last try: work for a person. */
export class InVain {
  readonly list = new Polled<Callback[]>(EVERY_MS);
  readonly callers = new CallerBook();
  #queues = $state.raw<Own['queues']>([]);
  readonly rows: Callback[] = $derived.by(() => byPlace(this.list.data ?? []));

  /** What queues are called. */
  async load(): Promise<void> {
    this.#queues = (await get<Own>('/api/agent')).queues;
  }

  queue(code: string): string {
    const found = this.#queues.find((one) => one.code === code);
    return found ? wordIn(found) : code;
  }

  /** Whose number it is, where it is one person's. */
  nameOf({ number }: Callback): string {
    const customers = this.callers.of(number)?.caller?.customers ?? [];
    return customers[0] && customers.length === 1 ? nameOfCustomer(customers[0]) : '';
  }

  /** I call this customer; nobody else does for a while. */
  async takeUp(row: Callback, key: string): Promise<string> {
    this.#put(await post<Callback>(`/api/callbacks/${row.id}/take-up`, {}, key));
    return t('vain.said.mine', { number: row.number });
  }

  async giveBack(row: Callback, key: string): Promise<string> {
    this.#put(await post<Callback>(`/api/callbacks/${row.id}/give-back`, {}, key));
    return t('vain.said.given_back', { number: row.number });
  }

  async settle(row: Callback, outcome: Outcome, key: string): Promise<string> {
    this.#gone(await post<Callback>(`/api/callbacks/${row.id}/settle`, { outcome }, key));
    return t('vain.said', { number: row.number, outcome: word('vain.outcome', outcome) });
  }

  /** Paidan calls once more, from the first try on. */
  async again(row: Callback, key: string): Promise<string> {
    const at = new Date(serverClock.exact()).toISOString();
    this.#gone(await post<Callback>(`/api/callbacks/${row.id}/reschedule`, { at }, key));
    return t('vain.said.again', { number: row.number });
  }

  #put(row: Callback): void {
    this.list.show((this.list.data ?? []).map((one) => (one.id === row.id ? row : one)));
  }

  #gone({ id }: { id: Id }): void {
    this.list.show((this.list.data ?? []).filter((one) => one.id !== id));
  }
}
