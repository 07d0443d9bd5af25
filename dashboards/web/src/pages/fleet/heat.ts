import type { Schemas } from '../../lib/api/types';
import type { At } from '../../lib/map/drawn';
import type { Cell } from '../../lib/map/shapeView';

export type HeatGrid = Schemas['HeatGrid'];
export type HeatLook = 'heat' | 'coverage';

/** Shares of the cells that lie below each class but the lowest. */
const SHARES = [0.5, 0.75, 0.9, 0.97];
export const MOST_DAYS = 31;

/** The least number of positions of each class, rising; classes that would be empty are left out. */
export function classesOf(grid: HeatGrid): number[] {
  const counts = grid.cells.map(([, , , fixes]) => fixes).sort((a, b) => a - b);
  const least = counts[0];
  if (least === undefined) return [];
  const limits = SHARES.map((share) => counts[Math.floor(share * (counts.length - 1))] ?? least);
  return [...new Set([least, ...limits])];
}

/** Words of the classes: from and to how many positions; the last has no end. */
export const rangesOf = (classes: readonly number[]): string[] =>
  classes.map((from, index) => {
    const next = classes[index + 1];
    if (next === undefined) return `≥ ${from}`;
    return next - 1 > from ? `${from} – ${next - 1}` : String(from);
  });

/** For the map. The class of a cell as a part of 1; where only its being seen counts, one for all. */
export function cellsOf(grid: HeatGrid, look: HeatLook): Cell[] {
  const classes = classesOf(grid);
  return grid.cells.map(([south, west, east, fixes]) => {
    const index = classes.findLastIndex((least) => fixes >= least);
    const part = look === 'heat' ? (index + 1) / classes.length : 0.5;
    return { south, west, north: south + grid.height_deg, east, part };
  });
}

/** Square kilometres of all cells that were seen. */
export const areaOf = (grid: HeatGrid): number => (grid.cells_seen * grid.cell_m * grid.cell_m) / 1e6;

/** Two corners around the cells, so that the map can go there. */
export function cornersOf(grid: HeatGrid): At[] {
  if (grid.cells.length === 0) return [];
  const [souths, wests, easts] = [0, 1, 2].map((index) => grid.cells.map((cell) => cell[index] as number)) as [number[], number[], number[]];
  const least = (all: number[]): number => all.reduce((a, b) => Math.min(a, b));
  const most = (all: number[]): number => all.reduce((a, b) => Math.max(a, b));
  return [
    [least(souths), least(wests)],
    [most(souths) + grid.height_deg, most(easts)],
  ];
}
