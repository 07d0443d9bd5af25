import type { Schemas } from '../../lib/api/types';

export type UnitRow = Schemas['UnitRow'];

/** A unit as the tree shows it: how deep it stands, and whether anything stands below it. */
export interface Branch {
  unit: UnitRow;
  depth: number;
  below: number;
}

const KINDS = ['hotline', 'centre', 'department', 'crew'];

/** The units in the order of the tree, without what is below a closed one. */
export function branches(units: readonly UnitRow[], closed: ReadonlySet<string>): Branch[] {
  const known = new Set(units.map(({ id }) => id));
  const children = new Map<string, UnitRow[]>();
  for (const unit of units) {
    const above = unit.parent_id && known.has(unit.parent_id) ? unit.parent_id : '';
    children.set(above, [...(children.get(above) ?? []), unit]);
  }
  const found: Branch[] = [];
  const walk = (above: string, depth: number): void => {
    const here = (children.get(above) ?? []).toSorted(
      (a, b) =>
        Number(b.active) - Number(a.active) ||
        KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) ||
        a.code.localeCompare(b.code, 'en', { numeric: true }),
    );
    for (const unit of here) {
      const below = children.get(unit.id)?.length ?? 0;
      found.push({ unit, depth, below });
      if (below > 0 && !closed.has(unit.id)) walk(unit.id, depth + 1);
    }
  };
  walk('', 0);
  return found;
}

/** A unit and all below it. */
export function withBelow(units: readonly UnitRow[], top: string): UnitRow[] {
  const wanted = new Set([top]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const unit of units) {
      if (unit.parent_id && wanted.has(unit.parent_id) && !wanted.has(unit.id)) {
        wanted.add(unit.id);
        grew = true;
      }
    }
  }
  return units.filter(({ id }) => wanted.has(id));
}

/** The next unit whose code or name begins with what was typed, from `at` on and around. */
export function typedTo(rows: readonly Branch[], at: number, typed: string): number {
  const wanted = typed.toLowerCase();
  for (let step = 0; step < rows.length; step += 1) {
    const index = (Math.max(0, at) + step) % rows.length;
    const unit = rows[index]?.unit;
    if (unit && [unit.code, unit.name_zh, unit.name_en].some((each) => each.toLowerCase().startsWith(wanted))) {
      return index;
    }
  }
  return -1;
}
