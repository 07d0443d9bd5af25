/** What a base may hold: tables by name, each with the field that is its key, or null. */
export type Tables = Readonly<Record<string, string | null>>;

/** A base of IndexedDB as promises. */
export class Disk {
  private constructor(
    private readonly base: IDBDatabase,
    private readonly durability: IDBTransactionDurability,
  ) {}

  /** `durability`: `strict` is on the disk when it is said to be written. Rejects where refused. */
  static open(name: string, tables: Tables, durability: IDBTransactionDurability): Promise<Disk> {
    return new Promise((resolve, reject) => {
      const asked = indexedDB.open(name, 1);
      asked.onupgradeneeded = () => {
        for (const [table, keyPath] of Object.entries(tables))
          asked.result.createObjectStore(table, keyPath === null ? undefined : { keyPath });
      };
      asked.onsuccess = () => resolve(new Disk(asked.result, durability));
      asked.onerror = () => reject(asked.error ?? new Error('no store'));
      asked.onblocked = () => reject(new Error('blocked'));
    });
  }

  read<T>(name: string, ask: (table: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const asked = ask(this.base.transaction(name).objectStore(name));
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error ?? new Error('not read'));
    });
  }

  write(name: string, change: (table: IDBObjectStore) => unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      const work = this.base.transaction(name, 'readwrite', { durability: this.durability });
      change(work.objectStore(name));
      work.oncomplete = () => resolve();
      work.onabort = work.onerror = () => reject(work.error ?? new Error('not written'));
    });
  }
}
