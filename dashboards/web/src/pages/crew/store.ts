import type { Act } from './acts';
import { Disk } from './disk';

/**
 * What the phone keeps: acts until they are settled, and the last known orders. IndexedDB, written
 * through to the disk before it says "kept"; where a browser refuses that, only this page's memory.
 */
export interface Store {
  /** False: gone with the page. */
  readonly lasting: boolean;
  acts(): Promise<Act[]>;
  act(key: string): Promise<Act | undefined>;
  putAct(act: Act): Promise<void>;
  dropAct(key: string): Promise<void>;
  get<T>(name: string): Promise<T | undefined>;
  put(name: string, value: unknown): Promise<void>;
  drop(name: string): Promise<void>;
}

const NAME = 'paidan-crew';
const ACTS = 'acts';
const KEPT = 'kept';

export async function openStore(): Promise<Store> {
  try {
    return new DiskStore(await Disk.open(NAME, { [ACTS]: 'key', [KEPT]: null }, 'strict'));
  } catch {
    return new MemoryStore();
  }
}

class DiskStore implements Store {
  readonly lasting = true;

  constructor(private readonly disk: Disk) {}

  acts(): Promise<Act[]> {
    return this.disk.read(ACTS, (table) => table.getAll() as IDBRequest<Act[]>);
  }

  act(key: string): Promise<Act | undefined> {
    return this.disk.read(ACTS, (table) => table.get(key) as IDBRequest<Act | undefined>);
  }

  putAct(act: Act): Promise<void> {
    return this.disk.write(ACTS, (table) => table.put(act));
  }

  dropAct(key: string): Promise<void> {
    return this.disk.write(ACTS, (table) => table.delete(key));
  }

  get<T>(name: string): Promise<T | undefined> {
    return this.disk.read(KEPT, (table) => table.get(name) as IDBRequest<T | undefined>);
  }

  put(name: string, value: unknown): Promise<void> {
    return this.disk.write(KEPT, (table) => table.put(value, name));
  }

  drop(name: string): Promise<void> {
    return this.disk.write(KEPT, (table) => table.delete(name));
  }
}

export class MemoryStore implements Store {
  readonly lasting = false;
  readonly #acts = new Map<string, Act>();
  readonly #kept = new Map<string, unknown>();

  acts = (): Promise<Act[]> => Promise.resolve([...this.#acts.values()]);
  act = (key: string): Promise<Act | undefined> => Promise.resolve(this.#acts.get(key));
  putAct = (act: Act): Promise<void> => Promise.resolve(void this.#acts.set(act.key, act));
  dropAct = (key: string): Promise<void> => Promise.resolve(void this.#acts.delete(key));
  get = <T>(name: string): Promise<T | undefined> =>
    Promise.resolve(this.#kept.get(name) as T | undefined);
  put = (name: string, value: unknown): Promise<void> =>
    Promise.resolve(void this.#kept.set(name, value));
  drop = (name: string): Promise<void> => Promise.resolve(void this.#kept.delete(name));
}
