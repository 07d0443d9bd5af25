import type { Fleet } from '../live/fleet';

/** What of the world is on the canvas: its centre (Mercator 0..1), pixels per world, size in pixels. */
export interface View {
  x: number;
  y: number;
  scale: number;
  width: number;
  height: number;
}

const EQUATOR_M = 40_075_016.686;

/** Pixels of so many metres on the ground at that latitude: a Mercator map draws the north larger. */
export const pixelsOf = (metres: number, lat: number, scale: number): number =>
  (metres / (EQUATOR_M * Math.cos((lat * Math.PI) / 180))) * scale;

/** Up to so many vehicles in sight are drawn one by one, also where they touch. */
const APART_UP_TO = 60;
/** Side of a cell in pixels; vehicles of one cell become one mark with their number. */
const CELL = 36;
/** From this scale (zoom 16) on, every vehicle stands by itself. */
const APART_FROM = 512 * 2 ** 16;
/** Marks this far outside the canvas still reach into it. */
const MARGIN = 16;

/**
 * The marks to draw: single vehicles, and bunches of those too near to tell apart. Arrays are kept
 * and filled anew each time, so that a redraw makes no garbage.
 */
export class Bunches {
  size = 0;
  /** How many vehicles are in sight. */
  inSight = 0;
  px = new Float32Array(0);
  py = new Float32Array(0);
  /** Vehicles in this mark. */
  members = new Uint16Array(0);
  /** The vehicle, or the first of them. */
  slot = new Int32Array(0);
  /** When the last of them was seen, and until when one of them is known to be there; milliseconds. */
  seenAt = new Float64Array(0);
  quietAt = new Float64Array(0);
  #seen = new Int32Array(0);
  #grid = new Int32Array(0);

  /** `alone`: slots that are never bunched. Cells stand still in the world while the map moves. */
  gather(fleet: Fleet, view: View, alone: ReadonlySet<number>): void {
    this.#room(fleet.size);
    this.#look(fleet, view);
    this.size = 0;
    if (this.inSight <= APART_UP_TO || view.scale >= APART_FROM) {
      for (let i = 0; i < this.inSight; i += 1) this.#add(fleet, view, this.#seen[i] ?? 0);
      return;
    }
    const left = Math.floor((view.x * view.scale - view.width / 2 - MARGIN) / CELL);
    const top = Math.floor((view.y * view.scale - view.height / 2 - MARGIN) / CELL);
    const columns = Math.ceil((view.width + 2 * MARGIN) / CELL) + 2;
    const rows = Math.ceil((view.height + 2 * MARGIN) / CELL) + 2;
    if (this.#grid.length < columns * rows) this.#grid = new Int32Array(columns * rows);
    this.#grid.fill(-1);
    for (let i = 0; i < this.inSight; i += 1) {
      const slot = this.#seen[i] ?? 0;
      if (alone.has(slot)) {
        this.#add(fleet, view, slot);
        continue;
      }
      const column = Math.floor(((fleet.x[slot] ?? 0) * view.scale) / CELL) - left;
      const row = Math.floor(((fleet.y[slot] ?? 0) * view.scale) / CELL) - top;
      const cell = row * columns + column;
      const known = this.#grid[cell] ?? -1;
      if (known < 0) this.#grid[cell] = this.#add(fleet, view, slot);
      else this.#join(fleet, view, slot, known);
    }
  }

  #room(size: number): void {
    if (this.#seen.length >= size) return;
    this.px = new Float32Array(size);
    this.py = new Float32Array(size);
    this.members = new Uint16Array(size);
    this.slot = new Int32Array(size);
    this.seenAt = new Float64Array(size);
    this.quietAt = new Float64Array(size);
    this.#seen = new Int32Array(size);
  }

  #look(fleet: Fleet, view: View): void {
    const reachX = (view.width / 2 + MARGIN) / view.scale;
    const reachY = (view.height / 2 + MARGIN) / view.scale;
    const { x, y, fixAt } = fleet;
    let found = 0;
    for (let slot = 0; slot < fleet.size; slot += 1) {
      const known = (fixAt[slot] ?? NaN) > 0;
      const near = Math.abs((x[slot] ?? 0) - view.x) <= reachX && Math.abs((y[slot] ?? 0) - view.y) <= reachY;
      if (known && near) this.#seen[found++] = slot;
    }
    this.inSight = found;
  }

  #add(fleet: Fleet, view: View, slot: number): number {
    const mark = this.size++;
    this.px[mark] = ((fleet.x[slot] ?? 0) - view.x) * view.scale + view.width / 2;
    this.py[mark] = ((fleet.y[slot] ?? 0) - view.y) * view.scale + view.height / 2;
    this.members[mark] = 1;
    this.slot[mark] = slot;
    this.seenAt[mark] = fleet.fixAt[slot] ?? 0;
    this.quietAt[mark] = fleet.quietAt[slot] ?? 0;
    return mark;
  }

  /** A bunch stands where its vehicles are on average. */
  #join(fleet: Fleet, view: View, slot: number, mark: number): void {
    const before = this.members[mark] ?? 1;
    const px = ((fleet.x[slot] ?? 0) - view.x) * view.scale + view.width / 2;
    const py = ((fleet.y[slot] ?? 0) - view.y) * view.scale + view.height / 2;
    this.px[mark] = ((this.px[mark] ?? 0) * before + px) / (before + 1);
    this.py[mark] = ((this.py[mark] ?? 0) * before + py) / (before + 1);
    this.members[mark] = before + 1;
    this.seenAt[mark] = Math.max(this.seenAt[mark] ?? 0, fleet.fixAt[slot] ?? 0);
    this.quietAt[mark] = Math.max(this.quietAt[mark] ?? 0, fleet.quietAt[slot] ?? 0);
  }
}
