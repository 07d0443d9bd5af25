import type { Level } from '../time/levels';

/** The theme's colours as the canvas needs them. */
export interface Palette {
  ground: string;
  line: string;
  text: string;
  dim: string;
  accent: string;
  levels: Record<Level, string>;
}

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
  };
  probe.remove();
  return palette;
}

const SIDE = 24;

function draw(scale: number, paint: (c: CanvasRenderingContext2D) => void): ImageData {
  const canvas = document.createElement('canvas');
  canvas.width = SIDE * scale;
  canvas.height = SIDE * scale;
  const context = canvas.getContext('2d');
  if (!context) return new ImageData(canvas.width, canvas.height);
  context.scale(scale, scale);
  context.translate(SIDE / 2, SIDE / 2);
  paint(context);
  return context.getImageData(0, 0, canvas.width, canvas.height);
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
export function orderIcon(level: Level, palette: Palette, lit: boolean, scale: number): ImageData {
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
): ImageData {
  return draw(scale, (c) => {
    if (lit) halo(c, palette);
    c.fillStyle = palette.text;
    c.strokeStyle = palette.text;
    c.lineWidth = 1.3;
    if (kind === 'moving') {
      polygon(c, [[0, -8], [5.5, 7], [0, 4], [-5.5, 7]]);
      c.fill();
    } else {
      polygon(c, [[-6, -4], [6, -4], [6, 4], [-6, 4]]);
      if (kind === 'still') c.fill();
      else {
        c.stroke();
        hatch(c, 6);
      }
    }
  });
}
