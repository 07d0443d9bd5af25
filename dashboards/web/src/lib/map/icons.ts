import type { Level } from '../time/levels';

/** The theme's colours as the canvas needs them. */
export interface Palette {
  ground: string;
  line: string;
  text: string;
  dim: string;
  accent: string;
  levels: Record<Level, string>;
  /** What lies below: the base map. */
  base: Record<(typeof BASE_COLOURS)[number], string>;
}

const BASE_COLOURS = ['water', 'park', 'street', 'ring', 'border', 'feeder', 'words'] as const;

const VARIABLES: Record<Level, string> = {
  normal: '--dim',
  watch: '--watch',
  risk: '--risk',
  late: '--late-fill',
  unknown: '--unknown',
};

/** Read the present theme's colours. `light-dark()` is only resolved on a real element. */
export function readPalette(): Palette {
  const probe = document.createElement('span');
  document.body.append(probe);
  const colour = (name: string): string => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const levels = Object.fromEntries(
    Object.entries(VARIABLES).map(([level, name]) => [level, colour(name)]),
  ) as Record<Level, string>;
  const palette = {
    ground: colour('--bg'),
    line: colour('--line'),
    text: colour('--text'),
    dim: colour('--dim'),
    accent: colour('--accent'),
    levels,
    base: Object.fromEntries(
      BASE_COLOURS.map((name) => [name, colour(`--map-${name}`)]),
    ) as Palette['base'],
  };
  probe.remove();
  return palette;
}

export const SIDE = 24;
export const FONTS =
  "'PingFang SC', 'Noto Sans CJK SC', 'Microsoft YaHei', 'WenQuanYi Micro Hei', sans-serif";

function draw(
  scale: number,
  paint: (c: CanvasRenderingContext2D) => void,
  side = SIDE,
): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = side * scale;
  canvas.height = side * scale;
  const context = canvas.getContext('2d');
  if (context) {
    context.scale(scale, scale);
    context.translate(side / 2, side / 2);
    paint(context);
  }
  return canvas;
}

function polygon(c: CanvasRenderingContext2D, corners: readonly [number, number][]): void {
  c.beginPath();
  corners.forEach(([x, y], index) => (index === 0 ? c.moveTo(x, y) : c.lineTo(x, y)));
  c.closePath();
}

function halo(c: CanvasRenderingContext2D, palette: Palette): void {
  c.beginPath();
  c.arc(0, 0, 10.5, 0, 2 * Math.PI);
  c.strokeStyle = palette.accent;
  c.lineWidth = 2;
  c.stroke();
}

function hatch(c: CanvasRenderingContext2D, half: number): void {
  c.save();
  c.clip();
  c.beginPath();
  for (let x = -3 * half; x <= 3 * half; x += 3.2) {
    c.moveTo(x - half, half);
    c.lineTo(x + half, -half);
  }
  c.lineWidth = 1.1;
  c.stroke();
  c.restore();
}

/** The same shapes as `LevelMark`: circle, diamond, triangle, square, hatched square. */
export function orderIcon(level: Level, palette: Palette, lit: boolean, scale: number): HTMLCanvasElement {
  return draw(scale, (c) => {
    if (lit) halo(c, palette);
    c.fillStyle = palette.ground;
    c.strokeStyle = palette.levels[level];
    c.lineWidth = 2;
    if (level === 'normal') {
      c.beginPath();
      c.arc(0, 0, 4.5, 0, 2 * Math.PI);
    } else if (level === 'watch') {
      polygon(c, [[0, -6.5], [6.5, 0], [0, 6.5], [-6.5, 0]]);
    } else if (level === 'risk') {
      polygon(c, [[0, -7], [7, 6], [-7, 6]]);
    } else {
      polygon(c, [[-6, -6], [6, -6], [6, 6], [-6, 6]]);
    }
    if (level === 'risk' || level === 'late') c.fillStyle = palette.levels[level];
    c.fill();
    c.stroke();
    if (level === 'unknown') hatch(c, 6);
  });
}

/** Moving: an arrow that points north (the map turns it). Still: a bar. Stale: hatched. */
export function vehicleIcon(
  kind: 'moving' | 'still' | 'stale',
  palette: Palette,
  lit: boolean,
  scale: number,
): HTMLCanvasElement {
  return draw(scale, (c) => {
    if (lit) halo(c, palette);
    c.fillStyle = kind === 'stale' ? palette.ground : palette.text;
    c.strokeStyle = kind === 'stale' ? palette.text : palette.ground;
    c.lineWidth = 1.3;
    if (kind === 'moving') {
      polygon(c, [[0, -8], [5.5, 7], [0, 4], [-5.5, 7]]);
      c.stroke();
      c.fill();
    } else {
      polygon(c, [[-6, -4], [6, -4], [6, 4], [-6, 4]]);
      c.fill();
      c.stroke();
      if (kind === 'stale') hatch(c, 6);
    }
  });
}

/** A bunch of vehicles: their number in a ring; hatched where none of them is known to be there. */
export function bunchIcon(
  count: number,
  stale: boolean,
  palette: Palette,
  scale: number,
): HTMLCanvasElement {
  const radius = count < 10 ? 9 : count < 100 ? 11 : 13;
  return draw(
    scale,
    (c) => {
      c.beginPath();
      c.arc(0, 0, radius, 0, 2 * Math.PI);
      c.fillStyle = palette.ground;
      c.strokeStyle = palette.dim;
      c.lineWidth = 1.5;
      c.fill();
      c.stroke();
      if (stale) hatch(c, radius);
      c.font = `600 11px ${FONTS}`;
      c.textAlign = 'center';
      c.textBaseline = 'middle';
      c.lineWidth = 3;
      c.strokeStyle = palette.ground;
      c.strokeText(String(count), 0, 0.5);
      c.fillStyle = palette.text;
      c.fillText(String(count), 0, 0.5);
    },
    2 * radius + 4,
  );
}

/** Fixed places of the base map: a substation is a square with a flash, a repair centre a house. */
export function placeIcon(
  kind: 'substation' | 'centre',
  palette: Palette,
  scale: number,
): HTMLCanvasElement {
  return draw(
    scale,
    (c) => {
      c.strokeStyle = palette.base.words;
      c.fillStyle = palette.ground;
      c.lineWidth = 1.4;
      if (kind === 'substation') {
        polygon(c, [[-5, -5], [5, -5], [5, 5], [-5, 5]]);
        c.fill();
        c.stroke();
        polygon(c, [[1, -3.6], [-2.2, 0.6], [1.6, -0.4], [-1, 3.6]]);
        c.lineWidth = 1;
        c.stroke();
        return;
      }
      polygon(c, [[0, -7], [7, -1], [5, -1], [5, 6], [-5, 6], [-5, -1], [-7, -1]]);
      c.fillStyle = palette.base.words;
      c.fill();
    },
    18,
  );
}
