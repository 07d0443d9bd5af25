import { t, type PlainKey } from '../../lib/i18n/index.svelte';
import { plainKey, type KeyLine } from '../../lib/ui/keyboard';
import type { FleetDesk } from './desk.svelte';

const KEYS: readonly { keys: string[]; says: PlainKey }[] = [
  { keys: ['1', '2', '3', '4'], says: 'fleet.key.views' },
  { keys: ['j', 'k'], says: 'fleet.key.step' },
  { keys: ['f'], says: 'fleet.find' },
  { keys: ['←', '→'], says: 'fleet.key.entries' },
  { keys: ['␣'], says: 'fleet.key.replay' },
  { keys: ['←', '→', 'PgUp', 'PgDn'], says: 'fleet.key.moments' },
  { keys: ['<', '>'], says: 'fleet.key.pace' },
  { keys: ['[', ']'], says: 'fleet.key.days' },
  { keys: ['t'], says: 'fleet.key.today' },
  { keys: ['d'], says: 'fleet.key.csv' },
  { keys: ['c'], says: 'fleet.key.look' },
  { keys: ['n'], says: 'fence.new' },
  { keys: ['Enter', 'e'], says: 'fence.key.edit' },
  { keys: ['x'], says: 'fence.key.active' },
  { keys: ['i'], says: 'fence.import' },
  { keys: ['Esc'], says: 'keys.back' },
];

export const keyLines = (): KeyLine[] => KEYS.map(({ keys, says }) => ({ keys, says: t(says) }));

function focusRow(id: string | null): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-id="${id ?? ''}"] button`)?.focus());
}

/** While a day is played again the arrows move its moment. */
function inReplay(key: string, { replay, vehicleId }: FleetDesk): boolean {
  const step = ({ ArrowRight: 1, PageUp: 1, ArrowLeft: -1, PageDown: -1 } as const)[key];
  if (key === ' ' && vehicleId) void replay.toggle();
  else if (!replay.on) return false;
  else if (step) replay.step(step, key.startsWith('Page'));
  else if (key === '<' || key === '>') replay.faster(key === '>' ? 1 : -1);
  else if (key === 'Escape') replay.end();
  else return false;
  return true;
}

function inVehicles(key: string, desk: FleetDesk): boolean {
  if (inReplay(key, desk)) return true;
  const by = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[key];
  if (by) {
    desk.move(by as 1 | -1);
    focusRow(desk.vehicleId);
  } else if (key === 'f') document.querySelector<HTMLElement>('[data-find]')?.focus();
  else if (key === 'ArrowRight' || key === 'ArrowLeft') desk.step(key === 'ArrowRight' ? 1 : -1);
  else if (key === '[' || key === ']') desk.turn(key === ']' ? 1 : -1);
  else if (key === 't') desk.showDay(desk.today);
  else if (key === 'd') document.querySelector<HTMLElement>('[data-track=csv]')?.click();
  else if (key === 'Escape') {
    if (desk.entryKey) desk.entryKey = null;
    else desk.select(null);
  } else return false;
  return true;
}

function inFences(key: string, desk: FleetDesk): boolean {
  const { fences } = desk;
  const { focused } = fences;
  const by = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[key];
  if (by) {
    fences.move(by as 1 | -1);
    focusRow(fences.focusId);
  } else if (key === 'Escape') fences.focusId = null;
  else if (!desk.may('fence.manage')) return false;
  else if (key === 'n') fences.drawing = { fence: null };
  else if (key === 'i') fences.importing = true;
  else if (focused && desk.mayChange(focused)) {
    if (key === 'e' || key === 'Enter') fences.drawing = { fence: focused };
    else if (key === 'x') void fences.setActive(focused, !focused.active);
    else return false;
  } else return false;
  return true;
}

/** The next or previous vehicle takes the focus; Enter leads to it. */
function stepWeeks(by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-testid=week] [data-row]')];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  rows[at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + by))]?.focus();
}

function inDistances(key: string, desk: FleetDesk): boolean {
  const by = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[key];
  if (by) stepWeeks(by);
  else if (key === '[' || key === ']') desk.turnWeek(key === ']' ? 1 : -1);
  else if (key === 't') desk.monday = desk.thisMonday;
  else if (key === 'd') desk.download();
  else return false;
  return true;
}

function inHeat(key: string, desk: FleetDesk): boolean {
  if (key === '[' || key === ']') desk.turnHeat(key === ']' ? 1 : -1);
  else if (key === 't') desk.resetHeat();
  else if (key === 'c') desk.heatLook = desk.heatLook === 'heat' ? 'coverage' : 'heat';
  else return false;
  return true;
}

const IN = { vehicles: inVehicles, fences: inFences, distances: inDistances, heat: inHeat };

/** The page's whole keyboard; while a fence is drawn, the form has it. */
export function handleKey(event: KeyboardEvent, desk: FleetDesk): void {
  if (document.querySelector('dialog[open]')) return;
  if (desk.fences.drawing) {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    desk.fences.drawing = null;
    event.preventDefault();
    return;
  }
  const inBox = event.target instanceof HTMLInputElement && event.target.matches('[data-find]');
  if (inBox && event.key === 'Escape') {
    event.target.blur();
    desk.query = '';
  }
  const key = plainKey(event);
  if (key === null) return;
  const onOther = event.target instanceof Element && event.target.closest('a, button:not([data-row])');
  const view = ({ 1: 'vehicles', 2: 'fences', 3: 'distances', 4: 'heat' } as const)[key];
  if (view) desk.show(view);
  else if ((key === 'Enter' || key === ' ') && onOther) return;
  else if (!IN[desk.view](key, desk)) return;
  event.preventDefault();
}
