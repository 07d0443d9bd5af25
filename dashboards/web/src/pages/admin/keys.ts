import { t } from '../../lib/i18n/index.svelte';
import { serverClock } from '../../lib/time/clock.svelte';
import { midnight, mondayOf } from '../../lib/time/zone';
import { plainKey, type KeyLine } from '../../lib/ui/keyboard';
import { isKept } from './device';
import type { Organisation } from './organisation.svelte';

export const keyLines = (): KeyLine[] => [
  { keys: ['↑', '↓', '←', '→'], says: t('admin.key.tree') },
  { keys: ['/'], says: t('admin.key.find') },
  { keys: ['1', '…', '7'], says: t('admin.key.tabs') },
  { keys: ['n'], says: t('admin.key.new') },
  { keys: ['j', 'k'], says: t('admin.key.rows') },
  { keys: ['Enter', 'e'], says: t('admin.key.open') },
  { keys: ['['], says: t('admin.shift.previous') },
  { keys: [']'], says: t('admin.shift.next') },
  { keys: ['t'], says: t('admin.key.today') },
  { keys: ['p'], says: t('admin.key.pattern') },
  { keys: ['s'], says: t('routing.settings') },
  { keys: ['[', ']'], says: t('devices.key.day') },
  { keys: ['r'], says: t('devices.key.reload') },
  { keys: ['i'], says: t('devices.import') },
  { keys: ['x', 'Delete'], says: t('admin.key.remove') },
  { keys: ['Esc'], says: t('admin.key.back') },
];

/** The next or previous row of the pane takes the focus. */
function step(by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-pane] [data-row]')];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  rows[at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + by))]?.focus();
}

/** What `n` makes in the tab that is open. */
function create(org: Organisation): void {
  const { unit } = org;
  if (org.tab === 'routing' && org.isAdmin) org.asking = { kind: 'route', row: null };
  if (!unit?.active) return;
  if (org.tab === 'unit' && org.isAdmin && unit.kind !== 'crew') org.asking = { kind: 'unit', unit: null, above: unit };
  else if (org.tab === 'members' && org.isKeeper) org.asking = { kind: 'member', member: null };
  else if (org.tab === 'shifts' && org.isKeeper) org.asking = { kind: 'shift', shift: null, memberId: null, day: org.monday };
  else if (org.tab === 'fleet' && org.isAdmin) org.asking = { kind: 'vehicle', vehicle: null };
  else if (org.tab === 'devices' && org.isAdmin) org.asking = { kind: 'device', device: null, vehicleId: null };
  else if (org.tab === 'users' && org.isAdmin) org.asking = { kind: 'user', user: null };
}

function inWeek(key: string, org: Organisation): boolean {
  if (org.tab !== 'shifts') return false;
  if (key === '[' || key === ']') org.monday = midnight(org.monday, key === '[' ? -7 : 7);
  else if (key === 't') org.monday = mondayOf(serverClock.exact());
  else if (key === 'p' && org.isKeeper) org.asking = { kind: 'pattern' };
  else return false;
  return true;
}

/** What a device that is looked at takes. */
function atDevice(key: string, org: Organisation): boolean {
  const { terminals } = org;
  if (org.tab !== 'devices') return false;
  if (!terminals.id) {
    if (key === 'i' && org.isAdmin) org.asking = { kind: 'devices' };
    if (key === 'r') terminals.newer ? terminals.showNewer() : void org.load();
    return key === 'r' || key === 'i';
  }
  const device = org.devices.find(({ id }) => id === terminals.id);
  if (key === '[') void terminals.step(-1);
  else if (key === ']') void terminals.step(1);
  else if (key === 'r') void terminals.again();
  else if (key === 'e' && device && isKept(device)) org.asking = { kind: 'device', device, vehicleId: device.vehicle_id };
  else if (key === 'Escape') terminals.leave();
  else return false;
  return true;
}

/** Single letters, wherever the focus is but in a field or a dialog. */
export function handleKey(event: KeyboardEvent, org: Organisation): void {
  const key = plainKey(event);
  if (key === null || document.querySelector('dialog[open]')) return;
  const tab = /^[1-7]$/.test(key) ? org.tabs[Number(key) - 1] : undefined;
  if (tab) org.tab = tab;
  else if (atDevice(key, org)) void 0;
  else if (key === '/') document.querySelector<HTMLElement>('[data-find]')?.focus();
  else if (key === 'n') create(org);
  else if (key === 'e' && org.tab === 'unit' && org.isAdmin && org.unit) org.asking = { kind: 'unit', unit: org.unit, above: org.unit };
  else if (key === 'd' && org.tab === 'fleet' && org.isAdmin) org.asking = { kind: 'device', device: null, vehicleId: null };
  else if (key === 's' && org.tab === 'routing' && org.isAdmin) org.asking = { kind: 'routing_settings' };
  else if (key === 'j' || key === 'k') step(key === 'j' ? 1 : -1);
  else if (key === 'Escape') document.querySelector<HTMLElement>('[data-tree] [tabindex="0"]')?.focus();
  else if (!inWeek(key, org)) return;
  event.preventDefault();
}
