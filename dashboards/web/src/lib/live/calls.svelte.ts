import type { Call, DeskSnapshot, Iso } from '../api/types';
import { Window, type Rows } from './window.svelte';

/** The calls of the hotline. */
export class CallsFeed extends Window<DeskSnapshot> {
  readonly topic = 'calls';
  protected readonly path = '/api/desk';

  /** By id; null before the first snapshot. */
  get byId(): ReadonlyMap<string, Call> | null {
    return (this.rows?.call as ReadonlyMap<string, Call> | undefined) ?? null;
  }

  protected read({ calls }: DeskSnapshot): Rows {
    return { call: new Map(calls.map((call) => [call.id, call])) };
  }

  protected bornAt(_: string, row: unknown): Iso {
    return (row as Call).opened_at;
  }

  show(call: Call): void {
    this.put('call', call.id, call);
  }
}
