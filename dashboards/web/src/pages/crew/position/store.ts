import { Disk } from '../disk';
import type { Kept } from './keeping';

/**
 * Positions on the phone until the server has them, and what this installation must remember. A base
 * of its own beside that of the acts: neither waits for, or hinders, the other.
 */
export interface PositionStore {
  /** Oldest first. */
  all(): Promise<Kept[]>;
  put(position: Kept): Promise<void>;
  drop(times: readonly number[]): Promise<void>;
  get<T>(name: string): Promise<T | undefined>;
  set(name: string, value: unknown): Promise<void>;
}

const NAME = 'paidan-positions';
const POSITIONS = 'positions';
const KEPT = 'kept';

export async function openPositions(): Promise<PositionStore> {
  try {
    return new DiskPositions(await Disk.open(NAME, { [POSITIONS]: 'at', [KEPT]: null }, 'default'));
  } catch {
    return new MemoryPositions();
  }
}

class DiskPositions implements PositionStore {
  constructor(private readonly disk: Disk) {}

  all = (): Promise<Kept[]> => this.disk.read(POSITIONS, (table) => table.getAll() as IDBRequest<Kept[]>);
  get = <T>(name: string): Promise<T | undefined> =>
    this.disk.read(KEPT, (table) => table.get(name) as IDBRequest<T | undefined>);
  put = (position: Kept): Promise<void> => this.disk.write(POSITIONS, (table) => table.put(position));
  set = (name: string, value: unknown): Promise<void> =>
    this.disk.write(KEPT, (table) => table.put(value, name));
  drop = (times: readonly number[]): Promise<void> =>
    this.disk.write(POSITIONS, (table) => times.forEach((at) => table.delete(at)));
}

export class MemoryPositions implements PositionStore {
  readonly #positions = new Map<number, Kept>();
  readonly #kept = new Map<string, unknown>();

  all = (): Promise<Kept[]> =>
    Promise.resolve([...this.#positions.values()].sort((a, b) => a.at - b.at));
  put = (position: Kept): Promise<void> =>
    Promise.resolve(void this.#positions.set(position.at, position));
  get = <T>(name: string): Promise<T | undefined> =>
    Promise.resolve(this.#kept.get(name) as T | undefined);
  set = (name: string, value: unknown): Promise<void> =>
    Promise.resolve(void this.#kept.set(name, value));
  drop = (times: readonly number[]): Promise<void> => {
    times.forEach((at) => this.#positions.delete(at));
    return Promise.resolve();
  };
}
