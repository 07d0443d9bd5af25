import { get } from '../api/client';
import type { Call, Delta, DeskSnapshot } from '../api/types';
import { serverClock } from '../time/clock.svelte';
import { millis } from '../time/format';
import type { Rider } from './feed.svelte';

/** The calls of the hotline, kept live over the board's connection. */
export class CallsFeed implements Rider {
  readonly topic = 'calls';
  #number: number | null = null;
  /** How long after it was opened a call stays on the desk, in ms. */
  #windowMs = Number.POSITIVE_INFINITY;
  /** By id; null before the first snapshot. */
  rows = $state.raw<ReadonlyMap<string, Call> | null>(null);
  #fetching: Promise<void> | null = null;

  get number(): number | null {
    return this.#number;
  }

  /** Fetch the snapshot; calls at the same time share one request. */
  fetch(): Promise<void> {
    this.#fetching ??= this.#fetchSnapshot().finally(() => (this.#fetching = null));
    return this.#fetching;
  }

  async #fetchSnapshot(): Promise<void> {
    const askedAt = Date.now();
    const asked = this.#number ?? 0;
    const desk = await get<DeskSnapshot>('/api/desk');
    serverClock.sample(desk.server_time, askedAt, Date.now(), desk.rate);
    this.#windowMs = (millis(desk.server_time) ?? 0) - (millis(desk.since) ?? 0);
    // Deltas may have overtaken the answer; a number below the one asked at is a restored server.
    const overtaken = this.#number !== null && desk.number < this.#number && desk.number >= asked;
    if (overtaken) return;
    this.#number = desk.number;
    this.rows = new Map(desk.calls.map((call) => [call.id, call]));
  }

  apply(items: readonly Delta[]): boolean {
    const rows = new Map(this.rows);
    let number = this.#number ?? 0;
    for (const item of items) {
      if (item.number <= number) continue;
      if (item.number > number + 1) return false;
      number = item.number;
      if (item.value === null) rows.delete(item.key);
      else rows.set(item.key, item.value as Call);
    }
    if (number === this.#number) return true;
    const since = serverClock.exact() - this.#windowMs;
    for (const call of rows.values()) {
      if ((millis(call.opened_at) ?? 0) < since) rows.delete(call.id);
    }
    this.#number = number;
    this.rows = rows;
    return true;
  }

  /** The answer to this screen's own action, shown before its delta comes. */
  show(call: Call): void {
    if (this.rows?.has(call.id)) this.rows = new Map(this.rows).set(call.id, call);
  }
}
