import type { Act } from './acts';

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
    return new DiskStore(await open());
  } catch {
    return new MemoryStore();
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore(ACTS, { keyPath: 'key' });
      asked.result.createObjectStore(KEPT);
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error ?? new Error('no store'));
    asked.onblocked = () => reject(new Error('blocked'));
  });
}

class DiskStore implements Store {
  readonly lasting = true;

  constructor(private readonly base: IDBDatabase) {}

  acts(): Promise<Act[]> {
    return this.#read(ACTS, (table) => table.getAll() as IDBRequest<Act[]>);
  }

  act(key: string): Promise<Act | undefined> {
    return this.#read(ACTS, (table) => table.get(key) as IDBRequest<Act | undefined>);
  }

  putAct(act: Act): Promise<void> {
    return this.#write(ACTS, (table) => table.put(act));
  }

  dropAct(key: string): Promise<void> {
    return this.#write(ACTS, (table) => table.delete(key));
  }

  get<T>(name: string): Promise<T | undefined> {
    return this.#read(KEPT, (table) => table.get(name) as IDBRequest<T | undefined>);
  }

  put(name: string, value: unknown): Promise<void> {
    return this.#write(KEPT, (table) => table.put(value, name));
  }

  drop(name: string): Promise<void> {
    return this.#write(KEPT, (table) => table.delete(name));
  }

  #read<T>(name: string, ask: (table: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const asked = ask(this.base.transaction(name).objectStore(name));
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error ?? new Error('not read'));
    });
  }

  /** Resolves when it is on the disk, not before. */
  #write(name: string, change: (table: IDBObjectStore) => unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      const work = this.base.transaction(name, 'readwrite', { durability: 'strict' });
      change(work.objectStore(name));
      work.oncomplete = () => resolve();
      work.onabort = work.onerror = () => reject(work.error ?? new Error('not written'));
    });
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
