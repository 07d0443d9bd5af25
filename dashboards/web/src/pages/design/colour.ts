/** Contrast (WCAG 2) and colour difference (CIEDE2000), also as seen with a colour deficiency. */

/** Linear-light sRGB, 0..1 each. */
type Rgb = readonly [number, number, number];
export type Lab = readonly [number, number, number];
type Matrix = readonly [Rgb, Rgb, Rgb];

export const VISIONS = ['normal', 'protanopia', 'deuteranopia', 'tritanopia'] as const;
export type Vision = (typeof VISIONS)[number];

/** Full severity, on linear light: Machado, Oliveira and Fernandes, 2009. */
const SEEN: Record<Vision, Matrix> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const toLinear = (byte: number): number => {
  const c = byte / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
};
const toByte = (c: number): number =>
  Math.round(255 * (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055));

/** From what `getComputedStyle` says: `rgb(1, 2, 3)`. Throws on anything else. */
export function parse(css: string): Rgb {
  const found = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(css);
  if (!found) throw new Error(`not an opaque colour: ${css}`);
  return [toLinear(Number(found[1])), toLinear(Number(found[2])), toLinear(Number(found[3]))];
}

export const css = (rgb: Rgb): string => `rgb(${rgb.map(toByte).join(', ')})`;

const dot = (a: Rgb, b: Rgb): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const clamp = (c: number): number => Math.max(0, Math.min(1, c));

export function seen(rgb: Rgb, vision: Vision): Rgb {
  const [r, g, b] = SEEN[vision];
  return [clamp(dot(r, rgb)), clamp(dot(g, rgb)), clamp(dot(b, rgb))];
}

const luminance = (rgb: Rgb): number => dot([0.2126, 0.7152, 0.0722], rgb);

/** 1 to 21; text needs 4.5. */
export function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

export function lab(rgb: Rgb): Lab {
  const f = (t: number): number => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116);
  const x = f(dot([0.4124564, 0.3575761, 0.1804375], rgb) / 0.95047);
  const y = f(dot([0.2126729, 0.7151522, 0.072175], rgb));
  const z = f(dot([0.0193339, 0.119192, 0.9503041], rgb) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const rad = (degrees: number): number => (degrees * Math.PI) / 180;
const hue = (b: number, a: number): number =>
  a === 0 && b === 0 ? 0 : ((Math.atan2(b, a) * 180) / Math.PI + 360) % 360;

/** CIEDE2000; 1 is just noticeable side by side. */
export function difference(p: Lab, q: Lab): number {
  const [l1, rawA1, b1] = p;
  const [l2, rawA2, b2] = q;
  const meanRaw = (Math.hypot(rawA1, b1) + Math.hypot(rawA2, b2)) / 2;
  const g = 0.5 * (1 - Math.sqrt(meanRaw ** 7 / (meanRaw ** 7 + 25 ** 7)));
  const [a1, a2] = [rawA1 * (1 + g), rawA2 * (1 + g)];
  const [c1, c2] = [Math.hypot(a1, b1), Math.hypot(a2, b2)];
  const [h1, h2] = [hue(b1, a1), hue(b2, a2)];
  const grey = c1 * c2 === 0;
  const dh = grey ? 0 : ((h2 - h1 + 540) % 360) - 180;
  const dH = 2 * Math.sqrt(c1 * c2) * Math.sin(rad(dh / 2));
  const l = (l1 + l2) / 2;
  const c = (c1 + c2) / 2;
  const far = Math.abs(h1 - h2) > 180;
  const h = grey ? h1 + h2 : ((h1 + h2 + (far ? (h1 + h2 < 360 ? 360 : -360) : 0)) / 2);
  const t =
    1 -
    0.17 * Math.cos(rad(h - 30)) +
    0.24 * Math.cos(rad(2 * h)) +
    0.32 * Math.cos(rad(3 * h + 6)) -
    0.2 * Math.cos(rad(4 * h - 63));
  const sl = 1 + (0.015 * (l - 50) ** 2) / Math.sqrt(20 + (l - 50) ** 2);
  const sc = 1 + 0.045 * c;
  const sh = 1 + 0.015 * c * t;
  const turn = rad(60 * Math.exp(-(((h - 275) / 25) ** 2)));
  const rt = -Math.sin(turn) * 2 * Math.sqrt(c ** 7 / (c ** 7 + 25 ** 7));
  const [x, y, z] = [(l2 - l1) / sl, (c2 - c1) / sc, dH / sh];
  return Math.sqrt(x * x + y * y + z * z + rt * y * z);
}

/** The smallest difference between any two of the colours, as this vision sees them. */
export function nearest(colours: readonly Rgb[], vision: Vision): number {
  const labs = colours.map((each) => lab(seen(each, vision)));
  let least = Number.POSITIVE_INFINITY;
  for (const [index, one] of labs.entries()) {
    for (const other of labs.slice(index + 1)) least = Math.min(least, difference(one, other));
  }
  return least;
}
