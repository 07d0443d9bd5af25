import { get } from '../api/client';
import type { Delta, Iso } from '../api/types';
import { serverClock } from '../time/clock.svelte';
import { millis } from '../time/format';
import type { Rider } from './feed.svelte';

interface Snapshot {
  number: number;
  server_time: Iso;
  rate?: number;
  /** What is older is not in it; without it, nothing leaves by age. */
  since?: Iso;
}
type Entity = Delta['entity'];
export type Rows = Partial<Record<Entity, ReadonlyMap<string, unknown>>>;

/**
 * A topic whose rows leave the screen by age, kept live over the board's connection: snapshot, then
 * numbered deltas. What is asked for may change; the rows of before stay until the new ones are here.
 */
export abstract class Window<S extends Snapshot> implements Rider {
  abstract readonly topic: string;
  #number: number | null = null;
  #windowMs = Number.POSITIVE_INFINITY;
  /** By kind and id; null before the first snapshot. */
  protected rows = $state.raw<Rows | null>(null);
  #shown = '';
  #fetching: { path: string; done: Promise<void> } | null = null;

  /** Where the snapshot is now. */
  protected abstract readonly path: string;
  protected abstract read(snapshot: S): Rows;
  /** The time by which a row leaves; null: it stays until it is taken away. */
  protected abstract bornAt(entity: Entity, row: unknown): Iso | null;

  get number(): number | null {
    return this.#number;
  }

  /** Fetch the snapshot; calls at the same time share one request. */
  fetch(): Promise<void> {
    const { path } = this;
    if (this.#fetching?.path !== path) {
      const done = this.#load(path).finally(() => {
        if (this.#fetching?.path === path) this.#fetching = null;
      });
      this.#fetching = { path, done };
    }
    return this.#fetching.done;
  }

  async #load(path: string): Promise<void> {
    const askedAt = Date.now();
    const asked = this.#number ?? 0;
    const found = await get<S>(path);
    serverClock.sample(found.server_time, askedAt, Date.now(), found.rate);
    if (path !== this.path) return;
    // Deltas may have overtaken the answer; a number below the one asked at is a restored server.
    const overtaken = path === this.#shown && found.number < (this.#number ?? 0) && found.number >= asked;
    if (overtaken) return;
    this.#windowMs = (millis(found.server_time) ?? 0) - (millis(found.since) ?? Number.NEGATIVE_INFINITY);
    this.#number = found.number;
    this.#shown = path;
    this.rows = this.read(found);
  }

  apply(items: readonly Delta[]): boolean {
    const tables: Partial<Record<Entity, Map<string, unknown>>> = {};
    let number = this.#number ?? 0;
    for (const { number: next, entity, key, value } of items) {
      if (next <= number) continue;
      if (next > number + 1) return false;
      number = next;
      const table = (tables[entity] ??= new Map(this.rows?.[entity]));
      if (value === null) table.delete(key);
      else table.set(key, value);
    }
    if (number === this.#number) return true;
    this.#forgetOld(tables);
    this.#number = number;
    this.rows = { ...this.rows, ...tables };
    return true;
  }

  #forgetOld(tables: Partial<Record<Entity, Map<string, unknown>>>): void {
    const since = serverClock.exact() - this.#windowMs;
    for (const [entity, table] of Object.entries(tables)) {
      for (const [id, row] of table) {
        const born = this.bornAt(entity as Entity, row);
        if (born !== null && (millis(born) ?? 0) < since) table.delete(id);
      }
    }
  }

  /** The answer to this screen's own action, shown before its delta comes. */
  protected put(entity: Entity, id: string, row: unknown): void {
    const table = this.rows?.[entity];
    if (table?.has(id)) this.rows = { ...this.rows, [entity]: new Map(table).set(id, row) };
  }
}
