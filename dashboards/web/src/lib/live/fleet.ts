import type { VehicleRow } from '../api/types';
import { millis } from '../time/format';

export const RECORD_BYTES = 34;

/** Web Mercator of the whole world as 0..1: x eastward, y southward. */
export const mercatorX = (lon: number): number => (lon + 180) / 360;
export const mercatorY = (lat: number): number =>
  0.5 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / (2 * Math.PI);

/** The four big-endian words of a UUID; zeroes for anything else. */
function words(id: string): [number, number, number, number] {
  const hex = id.replaceAll('-', '');
  const word = (at: number): number => Number.parseInt(hex.slice(at, at + 8), 16) >>> 0;
  return /^[0-9a-f]{32}$/i.test(hex) ? [word(0), word(8), word(16), word(24)] : [0, 0, 0, 0];
}

/**
 * Where all vehicles are: one slot each in typed arrays, changed in place, so that thousands of
 * positions a second make no garbage and wake nobody who does not ask. `moved` tells who draws.
 */
export class Fleet {
  size = 0;
  /** Counts up with every change. */
  version = 0;
  rows: readonly VehicleRow[] = [];
  /** WGS-84 degrees, Mercator 0..1, km/h, degrees from north, milliseconds (NaN: never seen). */
  lat = new Float64Array(0);
  lon = new Float64Array(0);
  x = new Float64Array(0);
  y = new Float64Array(0);
  speed = new Float32Array(0);
  course = new Uint16Array(0);
  fixAt = new Float64Array(0);
  /** Without another word the position counts as unknown from then on, in milliseconds. */
  quietAt = new Float64Array(0);
  #keys = new Uint32Array(0);
  #table = new Int32Array(1).fill(-1);
  #slots = new Map<string, number>();
  #crews = new Map<string, number>();
  readonly #followers = new Set<() => void>();

  /** Be told of every change, in the same task; draw later. The result ends it. */
  follow(moved: () => void): () => void {
    this.#followers.add(moved);
    return () => this.#followers.delete(moved);
  }

  slotOf(vehicleId: string | null | undefined): number {
    return this.#slots.get(vehicleId ?? '') ?? -1;
  }

  slotOfCrew(crewId: string | null | undefined): number {
    return this.#crews.get(crewId ?? '') ?? -1;
  }

  /** When this vehicle was last seen, in milliseconds; null where it never was. */
  seenAt(vehicleId: string | null | undefined): number | null {
    const at = this.fixAt[this.slotOf(vehicleId)];
    return at === undefined || Number.isNaN(at) ? null : at;
  }

  /** Does nobody know where this vehicle is now: never seen, or silent by its own rhythm? */
  isUnknown(vehicleId: string | null | undefined, nowMs: number): boolean {
    return !(nowMs < (this.quietAt[this.slotOf(vehicleId)] ?? NaN));
  }

  /** Latitude and longitude in degrees; null where it never was seen. */
  placeOf(vehicleId: string | null | undefined): [number, number] | null {
    const slot = this.slotOf(vehicleId);
    const [lat, lon] = [this.lat[slot], this.lon[slot]];
    return this.seenAt(vehicleId) === null || lat === undefined || lon === undefined ? null : [lat, lon];
  }

  /** The vehicles of a snapshot. A newer position that came live stays. */
  load(rows: Iterable<VehicleRow>): void {
    const list = [...rows];
    const old = { slots: this.#slots, lat: this.lat, lon: this.lon, speed: this.speed, course: this.course, fixAt: this.fixAt, quietAt: this.quietAt };
    this.#allocate(list);
    list.forEach((row, slot) => {
      const before = old.slots.get(row.id);
      const kept = before === undefined ? NaN : (old.fixAt[before] ?? NaN);
      const fixAt = millis(row.fix_at) ?? NaN;
      if (before !== undefined && !Number.isNaN(kept) && !(fixAt > kept)) {
        const quietAt = old.quietAt[before] ?? NaN;
        this.#put(slot, old.lat[before] ?? 0, old.lon[before] ?? 0, old.speed[before] ?? 0, old.course[before] ?? 0, kept, quietAt);
      } else if (row.lat !== null && row.lon !== null) {
        this.#put(slot, row.lat, row.lon, row.speed_kmh ?? 0, row.course_deg ?? 0, fixAt, millis(row.quiet_at) ?? NaN);
      }
    });
    this.#changed();
  }

  #allocate(list: readonly VehicleRow[]): void {
    const size = list.length;
    this.rows = list;
    this.size = size;
    this.lat = new Float64Array(size);
    this.lon = new Float64Array(size);
    this.x = new Float64Array(size);
    this.y = new Float64Array(size);
    this.speed = new Float32Array(size);
    this.course = new Uint16Array(size);
    this.fixAt = new Float64Array(size).fill(NaN);
    this.quietAt = new Float64Array(size).fill(NaN);
    this.#keys = new Uint32Array(4 * size);
    this.#table = new Int32Array(1 << Math.ceil(Math.log2(Math.max(2, 2 * size)))).fill(-1);
    this.#slots = new Map(list.map((row, slot) => [row.id, slot]));
    this.#crews = new Map(list.flatMap((row, slot) => (row.crew_id ? [[row.crew_id, slot]] : [])));
    list.forEach((row, slot) => {
      const key = words(row.id);
      this.#keys.set(key, 4 * slot);
      let at = this.#home(key[0], key[3]);
      while (this.#table[at] !== -1) at = (at + 1) & (this.#table.length - 1);
      this.#table[at] = slot;
    });
  }

  /** The ends of an id differ most: a v7 one begins with its time and ends at random. */
  #home(first: number, last: number): number {
    return (Math.imul(first ^ last, 0x9e3779b1) >>> 8) & (this.#table.length - 1);
  }

  /** The slot of the vehicle whose id stands at `at`; -1 for a stranger. */
  #find(view: DataView, at: number): number {
    const a = view.getUint32(at);
    const b = view.getUint32(at + 4);
    const c = view.getUint32(at + 8);
    const d = view.getUint32(at + 12);
    const mask = this.#table.length - 1;
    for (let place = this.#home(a, d); ; place = (place + 1) & mask) {
      const slot = this.#table[place] ?? -1;
      if (slot < 0) return -1;
      const key = 4 * slot;
      const keys = this.#keys;
      if (keys[key] === a && keys[key + 1] === b && keys[key + 2] === c && keys[key + 3] === d) return slot;
    }
  }

  #put(slot: number, lat: number, lon: number, speed: number, course: number, fixAt: number, quietAt: number): void {
    this.lat[slot] = lat;
    this.lon[slot] = lon;
    this.x[slot] = mercatorX(lon);
    this.y[slot] = mercatorY(lat);
    this.speed[slot] = speed;
    this.course[slot] = course;
    this.fixAt[slot] = fixAt;
    this.quietAt[slot] = quietAt;
  }

  /**
   * Take a binary frame: 34-byte big-endian records of vehicle uuid, latitude and longitude in
   * 1e-6 degrees (i32), speed in 0.1 km/h (u16), course in degrees (u16), fix time in seconds
   * (u32), seconds that it holds from then (u16). Strangers, older positions and a torn record at the end are left out. Gives how many
   * vehicles have a newer position.
   */
  take(frame: ArrayBuffer): number {
    const view = new DataView(frame);
    let moved = 0;
    for (let at = 0; at + RECORD_BYTES <= view.byteLength; at += RECORD_BYTES) {
      const slot = this.#find(view, at);
      if (slot < 0) continue;
      const fixAt = view.getUint32(at + 28) * 1000;
      if (fixAt < (this.fixAt[slot] ?? 0)) continue;
      const speed = view.getUint16(at + 24) / 10;
      this.#put(slot, view.getInt32(at + 16) / 1e6, view.getInt32(at + 20) / 1e6, speed, view.getUint16(at + 26), fixAt, fixAt + view.getUint16(at + 32) * 1000);
      moved += 1;
    }
    if (moved > 0) this.#changed();
    return moved;
  }

  #changed(): void {
    this.version += 1;
    for (const moved of this.#followers) moved();
  }
}
