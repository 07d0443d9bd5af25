import { describe, expect, it } from 'vitest';
import { branches, typedTo, withBelow, type UnitRow } from './tree';
import { clock, dayOf, type Shift } from './week';

const unit = (id: string, parent_id: string | null, kind: UnitRow['kind'], active = true): UnitRow =>
  ({ id, parent_id, kind, active, code: id, name_zh: `名${id}`, name_en: id }) as UnitRow;
const units = [
  unit('c10', 'e', 'crew'),
  unit('c2', 'e', 'crew'),
  unit('old', 'e', 'crew', false),
  unit('d', 'e', 'department'),
  unit('e', 'h', 'centre'),
  unit('h', null, 'hotline'),
];

describe('the tree', () => {
  it('puts parents first, numbers in their order and what is out of use last', () => {
    const found = branches(units, new Set()).map(({ unit: { id }, depth }) => `${depth}${id}`);
    expect(found).toEqual(['0h', '1e', '2d', '2c2', '2c10', '2old']);
  });
  it('hides what is below a closed unit', () => {
    expect(branches(units, new Set(['e'])).map(({ unit: { id } }) => id)).toEqual(['h', 'e']);
  });
  it('shows a centre alone as the top, for whoever sees no more', () => {
    expect(branches(units.slice(0, 5), new Set())[0]).toMatchObject({ depth: 0, unit: { id: 'e' } });
  });
  it('knows what is below', () => {
    expect(withBelow(units, 'e').map(({ id }) => id)).toEqual(['c10', 'c2', 'old', 'd', 'e']);
  });
  it('finds by the beginning of code or name, from here on and around', () => {
    const rows = branches(units, new Set());
    expect(typedTo(rows, 0, 'C1')).toBe(4);
    expect(typedTo(rows, 4, 'h')).toBe(0);
    expect(typedTo(rows, 0, '名d')).toBe(2);
    expect(typedTo(rows, 0, 'zz')).toBe(-1);
  });
});

describe('the week', () => {
  const monday = new Date(2026, 2, 2).getTime();
  it('puts a shift on the day it begins; what began before on the first', () => {
    const from = (day: number, hour: number): Shift =>
      ({ starts_at: new Date(2026, 2, day, hour).toISOString() }) as Shift;
    expect(dayOf(from(4, 20), monday)).toBe(2);
    expect(dayOf(from(8, 23), monday)).toBe(6);
    expect(dayOf(from(1, 20), monday)).toBe(0);
  });
  it('reads hours as people type them', () => {
    expect(['8', '830', '8:30', '08：30', '2000', '24:00', 'x'].map(clock)).toEqual(
      ['08:00', '08:30', '08:30', '08:30', '20:00', '24:00', 'x'],
    );
  });
});
