import type { Fleet } from '../live/fleet';
import { mercatorX, mercatorY } from '../live/fleet';
import type { Level } from '../time/levels';
import { Bunches, pixelsOf, type View } from './bunch';
import { bunchIcon, FONTS, orderIcon, SIDE, vehicleIcon, type Palette } from './icons';

export interface OrderDot {
  id: string;
  lat: number;
  lon: number;
  level: Level;
  label: string;
  lit: boolean;
}

/** A place that is known to within so many metres; null: nobody said. */
export interface Doubt {
  lat: number;
  lon: number;
  metres: number | null;
}

/** Orders, and the vehicles that stand out with their words, at a moment of the server's clock. */
export interface Shown {
  orders: readonly OrderDot[];
  /** Slot in the fleet → its label. */
  lit: ReadonlyMap<number, string>;
  /** What is looked at or being written down: how far from its mark it may be. */
  doubts: readonly Doubt[];
  /** Where somebody calls for help, with its words. */
  calls: readonly { lat: number; lon: number; words: string }[];
  nowMs: number;
}

export type Picked =
  | { kind: 'order'; id: string }
  | { kind: 'vehicle'; slot: number }
  | { kind: 'bunch'; px: number; py: number };

const MOVING_KMH = 3;
/** A label for every vehicle only while there are few in sight. */
const LABELS_UP_TO = 40;
const REACH_PX = 14;
const CROSS_PX = 9;
const CALL_PX = [16, 24] as const;
/** No more often than this is redrawn for positions; a vehicle at 60 km/h does 4 m in a quarter. */
const PAUSE_MS = { few: 250, many: 1000 } as const;
const MANY = 300;
const RANK: Record<Level, number> = { normal: 0, watch: 1, unknown: 2, risk: 3, late: 4 };

type Kind = 'moving' | 'still' | 'stale';

/**
 * Everything that moves on the map, on a canvas of its own above it: the map below is drawn anew
 * only when it is moved itself (docs/decisions/0007-marks-on-a-canvas.md).
 */
export class Marks {
  readonly canvas = document.createElement('canvas');
  readonly #context = this.canvas.getContext('2d');
  readonly #bunches = new Bunches();
  readonly #sprites = new Map<string, HTMLCanvasElement>();
  #shown: Shown = { orders: [], lit: new Map(), doubts: [], calls: [], nowMs: 0 };
  #orderPx: { id: string; px: number; py: number }[] = [];
  #labels: [left: number, top: number, right: number, bottom: number][] = [];
  #view: View | null = null;
  #ratio = 1;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #frame = 0;
  readonly #unfollow: () => void;

  constructor(
    private readonly fleet: Fleet,
    private palette: Palette,
    private readonly look: () => View,
    private readonly age: (seconds: number) => string,
  ) {
    this.canvas.className = 'marks';
    this.canvas.style.cssText = 'position:absolute;inset:0;width:100%;height:100%;pointer-events:none';
    this.#unfollow = fleet.follow(() => this.#later());
  }

  remove(): void {
    this.#unfollow();
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
  }

  show(shown: Shown): void {
    this.#shown = shown;
    this.#later();
  }

  /** What the person does is seen at once. */
  showNow(shown: Shown): void {
    this.#shown = shown;
    this.#soon();
  }

  repaint(palette: Palette): void {
    this.palette = palette;
    this.#sprites.clear();
    this.#soon();
  }

  #later(): void {
    if (this.#timer !== undefined || this.#frame !== 0) return;
    const pause = this.fleet.size > MANY ? PAUSE_MS.many : PAUSE_MS.few;
    const wait = this.#drawnAt + pause - performance.now();
    if (wait <= 0) this.#soon();
    else
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#soon();
      }, wait);
  }

  #soon(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.draw();
    });
  }

  /** Draw all marks where they are now; called by the map itself whenever it moves. */
  draw(): void {
    const c = this.#context;
    if (!c) return;
    this.#drawnAt = performance.now();
    const view = (this.#view = this.look());
    this.#fitCanvas(view);
    c.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    c.clearRect(0, 0, view.width, view.height);
    this.#labels = [];
    for (const doubt of this.#shown.doubts) this.#drawDoubt(c, view, doubt);
    const lit = new Set(this.#shown.lit.keys());
    this.#bunches.gather(this.fleet, view, lit);
    const marks = this.#bunches;
    for (let mark = 0; mark < marks.size; mark += 1) {
      if (!lit.has(marks.slot[mark] ?? -1)) this.#drawVehicles(c, mark);
    }
    this.#drawOrders(c, view);
    for (let mark = 0; mark < marks.size; mark += 1) {
      if (lit.has(marks.slot[mark] ?? -1)) this.#drawVehicles(c, mark);
    }
    for (const call of this.#shown.calls) this.#drawCall(c, view, call);
    this.canvas.dataset.vehicles = String(marks.inSight);
    this.canvas.dataset.marks = String(marks.size);
    this.canvas.dataset.orders = String(this.#orderPx.length);
  }

  #fitCanvas(view: View): void {
    this.#ratio = devicePixelRatio;
    const width = Math.round(view.width * this.#ratio);
    const height = Math.round(view.height * this.#ratio);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
  }

  #drawVehicles(c: CanvasRenderingContext2D, mark: number): void {
    const marks = this.#bunches;
    const [px, py, slot] = [marks.px[mark] ?? 0, marks.py[mark] ?? 0, marks.slot[mark] ?? 0];
    const count = marks.members[mark] ?? 1;
    const ageMs = this.#shown.nowMs - (marks.seenAt[mark] ?? 0);
    const stale = !(this.#shown.nowMs < (marks.quietAt[mark] ?? 0));
    if (count > 1) {
      const icon = this.#sprite(`bunch ${count} ${stale}`, () => bunchIcon(count, stale, this.palette, this.#ratio));
      const side = icon.width / this.#ratio;
      c.drawImage(icon, px - side / 2, py - side / 2, side, side);
      return;
    }
    const words = this.#shown.lit.get(slot);
    const kind: Kind = stale ? 'stale' : (this.fleet.speed[slot] ?? 0) >= MOVING_KMH ? 'moving' : 'still';
    const icon = this.#sprite(`${kind} ${words !== undefined}`, () =>
      vehicleIcon(kind, this.palette, words !== undefined, this.#ratio),
    );
    this.#stamp(c, icon, px, py, kind === 'moving' ? (this.fleet.course[slot] ?? 0) : 0);
    const few = marks.inSight <= LABELS_UP_TO;
    const plate = few ? (this.fleet.rows[slot]?.plate ?? '') : '';
    const old = stale ? this.age(ageMs / 1000) : '';
    this.#write(c, words ?? [plate, few ? old : ''].filter(Boolean).join(' · '), px, py, words !== undefined);
  }

  /** A dashed circle, with a cross in it: somewhere in here. */
  #drawDoubt(c: CanvasRenderingContext2D, view: View, { lat, lon, metres }: Doubt): void {
    const px = (mercatorX(lon) - view.x) * view.scale + view.width / 2;
    const py = (mercatorY(lat) - view.y) * view.scale + view.height / 2;
    c.strokeStyle = this.palette.accent;
    c.lineWidth = 1.5;
    c.beginPath();
    for (const [x, y] of [[CROSS_PX, 0], [0, CROSS_PX]] as const) {
      c.moveTo(px - x, py - y);
      c.lineTo(px + x, py + y);
    }
    c.stroke();
    if (metres === null) return;
    c.beginPath();
    c.arc(px, py, pixelsOf(metres, lat, view.scale), 0, 2 * Math.PI);
    c.globalAlpha = 0.1;
    c.fillStyle = this.palette.accent;
    c.fill();
    c.globalAlpha = 1;
    c.setLineDash([6, 4]);
    c.stroke();
    c.setLineDash([]);
  }

  /** Two rings around it, whatever stands there. */
  #drawCall(c: CanvasRenderingContext2D, view: View, { lat, lon, words }: Shown['calls'][number]): void {
    const px = (mercatorX(lon) - view.x) * view.scale + view.width / 2;
    const py = (mercatorY(lat) - view.y) * view.scale + view.height / 2;
    c.strokeStyle = this.palette.levels.late;
    c.lineWidth = 3;
    for (const radius of CALL_PX) {
      c.beginPath();
      c.arc(px, py, radius, 0, 2 * Math.PI);
      c.stroke();
    }
    this.#write(c, words, px, py + CALL_PX[0], true);
  }

  #drawOrders(c: CanvasRenderingContext2D, view: View): void {
    this.#orderPx = [];
    const rank = (dot: OrderDot): number => (dot.lit ? 100 : 0) + RANK[dot.level];
    for (const dot of [...this.#shown.orders].sort((a, b) => rank(a) - rank(b))) {
      const px = (mercatorX(dot.lon) - view.x) * view.scale + view.width / 2;
      const py = (mercatorY(dot.lat) - view.y) * view.scale + view.height / 2;
      if (px < -SIDE || py < -SIDE || px > view.width + SIDE || py > view.height + SIDE) continue;
      const icon = this.#sprite(`order ${dot.level} ${dot.lit}`, () =>
        orderIcon(dot.level, this.palette, dot.lit, this.#ratio),
      );
      this.#stamp(c, icon, px, py, 0);
      this.#write(c, dot.label, px, py, dot.lit);
      this.#orderPx.push({ id: dot.id, px, py });
    }
  }

  #sprite(name: string, make: () => HTMLCanvasElement): HTMLCanvasElement {
    const key = `${name} ${this.#ratio}`;
    let icon = this.#sprites.get(key);
    if (!icon) this.#sprites.set(key, (icon = make()));
    return icon;
  }

  #stamp(c: CanvasRenderingContext2D, icon: HTMLCanvasElement, px: number, py: number, degrees: number): void {
    if (degrees === 0) {
      c.drawImage(icon, px - SIDE / 2, py - SIDE / 2, SIDE, SIDE);
      return;
    }
    const angle = (degrees * Math.PI) / 180;
    const [cos, sin] = [Math.cos(angle) * this.#ratio, Math.sin(angle) * this.#ratio];
    c.setTransform(cos, sin, -sin, cos, px * this.#ratio, py * this.#ratio);
    c.drawImage(icon, -SIDE / 2, -SIDE / 2, SIDE, SIDE);
    c.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
  }

  /** Words under a mark, unless others stand there; `must`: whatever stands there. */
  #write(c: CanvasRenderingContext2D, words: string, at: number, py: number, must: boolean): void {
    if (!words) return;
    c.font = `12px ${FONTS}`;
    const half = c.measureText(words).width / 2;
    // What stands out is read in full, also at the edge.
    const px = must ? Math.max(half + 4, Math.min((this.#view?.width ?? at) - half - 4, at)) : at;
    const box: [number, number, number, number] = [px - half, py + 8, px + half, py + 24];
    const taken = this.#labels.some(
      ([left, top, right, bottom]) => left < box[2] && right > box[0] && top < box[3] && bottom > box[1],
    );
    if (taken && !must) return;
    this.#labels.push(box);
    c.textAlign = 'center';
    c.textBaseline = 'top';
    if (must) {
      c.fillStyle = this.palette.ground;
      c.fillRect(box[0] - 3, box[1], box[2] - box[0] + 6, box[3] - box[1]);
    }
    c.lineJoin = 'round';
    c.lineWidth = 3;
    c.strokeStyle = this.palette.ground;
    c.strokeText(words, px, py + 10);
    c.fillStyle = this.palette.text;
    c.fillText(words, px, py + 10);
  }

  /** What is drawn at a pixel: orders before vehicles, the nearest first. */
  at(px: number, py: number): Picked | null {
    const near = (x: number, y: number): number => Math.hypot(x - px, y - py);
    let best = REACH_PX;
    let found: Picked | null = null;
    for (const dot of this.#orderPx) {
      const off = near(dot.px, dot.py);
      if (off <= best) [best, found] = [off, { kind: 'order', id: dot.id }];
    }
    if (found || !this.#view) return found;
    const marks = this.#bunches;
    for (let mark = 0; mark < marks.size; mark += 1) {
      const [x, y] = [marks.px[mark] ?? 0, marks.py[mark] ?? 0];
      const off = near(x, y);
      if (off > best) continue;
      best = off;
      const slot = marks.slot[mark] ?? 0;
      found = (marks.members[mark] ?? 1) > 1 ? { kind: 'bunch', px: x, py: y } : { kind: 'vehicle', slot };
    }
    return found;
  }
}
