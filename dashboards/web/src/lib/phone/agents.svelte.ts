import { get } from '../api/client';
import type { Id, Schemas } from '../api/types';
import { Window, type Rows } from '../live/window.svelte';
import { wordIn } from './names';
import { byPlace } from './rules';
import type { AgentRow, Announcement, Callback, CarrierSilence, Own } from './types';

/** The agents of the hotline, who is to be called back, the announcement that is on, and a carrier that is silent. */
export class AgentsFeed extends Window<Schemas['AgentList']> {
  readonly topic = 'agents';
  protected readonly path = '/api/agents';
  /** Names of queues, reasons and dispositions, and one's own telephone. */
  words = $state.raw<Own | null>(null);

  /** By the person's id; null before the first snapshot. */
  get byId(): ReadonlyMap<Id, AgentRow> | null {
    return (this.rows?.agent as ReadonlyMap<Id, AgentRow> | undefined) ?? null;
  }

  /** Those who wait for a person first, then by the place in the queue. */
  readonly callbacks: Callback[] = $derived.by(() =>
    byPlace((this.rows?.callback as ReadonlyMap<Id, Callback> | undefined)?.values() ?? []),
  );
  readonly announcement: Announcement | null = $derived.by(() => {
    const on = this.rows?.announcement as ReadonlyMap<Id, Announcement> | undefined;
    return on?.values().next().value ?? null;
  });
  readonly silence: CarrierSilence | null = $derived.by(() => {
    const silent = this.rows?.carrier as ReadonlyMap<Id, CarrierSilence> | undefined;
    return silent?.values().next().value ?? null;
  });

  override async fetch(): Promise<void> {
    await super.fetch();
    if (!this.words) await this.askOwn();
  }

  /** One's own row, telephone and the names of codes. */
  async askOwn(): Promise<void> {
    this.words = await get<Own>('/api/agent');
  }

  /** One's own telephone was set: known at once, then as the server writes it. */
  async ownPhone(phone: string): Promise<void> {
    if (this.words) this.words = { ...this.words, phone };
    await this.askOwn();
  }

  /** What a code of these is called; the code itself where nobody named it, `…` until the names are here. */
  named(kind: 'queues' | 'reasons' | 'dispositions', code: string | null): string {
    if (code && !this.words) return '…';
    const found = this.words?.[kind].find((one) => one.code === code);
    return found ? wordIn(found) : (code ?? '');
  }

  protected read({ agents, callbacks, announcements, carrier }: Schemas['AgentList']): Rows {
    return {
      agent: new Map(agents.map((row) => [row.id, row])),
      callback: new Map(callbacks.map((row) => [row.id, row])),
      announcement: new Map(announcements.map((row) => [row.id, row])),
      carrier: new Map(carrier.map((row) => [row.id, row])),
    };
  }

  /** Nobody leaves by age. */
  protected bornAt(): null {
    return null;
  }

  show(row: AgentRow): void {
    this.put('agent', row.id, row);
  }

  showCallback(row: Callback): void {
    this.put('callback', row.id, row);
  }
}
