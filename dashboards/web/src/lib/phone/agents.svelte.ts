import { get } from '../api/client';
import type { Id, Schemas } from '../api/types';
import { Window, type Rows } from '../live/window.svelte';
import type { AgentRow, Own } from './types';

/** The agents of the hotline. */
export class AgentsFeed extends Window<Schemas['AgentList']> {
  readonly topic = 'agents';
  protected readonly path = '/api/agents';
  /** Names of queues, reasons and dispositions; null for those who answer no calls. */
  words = $state.raw<Own | null>(null);

  /** By the person's id; null before the first snapshot. */
  get byId(): ReadonlyMap<Id, AgentRow> | null {
    return (this.rows?.agent as ReadonlyMap<Id, AgentRow> | undefined) ?? null;
  }

  override async fetch(): Promise<void> {
    await super.fetch();
    this.words ??= await get<Own>('/api/agent');
  }

  protected read({ agents }: Schemas['AgentList']): Rows {
    return { agent: new Map(agents.map((row) => [row.id, row])) };
  }

  /** Agents do not leave by age. */
  protected bornAt(): null {
    return null;
  }

  show(row: AgentRow): void {
    this.put('agent', row.id, row);
  }
}
