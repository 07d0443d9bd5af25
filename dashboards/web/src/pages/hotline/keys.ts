import { t, type PlainKey } from '../../lib/i18n/index.svelte';
import { PERIODS } from '../../lib/report/period';
import { plainKey, typing, type KeyLine } from '../../lib/ui/keyboard';
import type { HotlineDesk } from './desk.svelte';
import { GROUPS } from './figures.svelte';

const KEYS: readonly { keys: string[]; says: PlainKey }[] = [
  { keys: ['j', 'k'], says: 'hotline.key.step' },
  { keys: ['l'], says: 'hotline.act.listen' },
  { keys: ['w'], says: 'hotline.act.whisper' },
  { keys: ['b'], says: 'hotline.act.barge' },
  { keys: ['x'], says: 'hotline.act.stop' },
  { keys: ['s'], says: 'hotline.key.view' },
  { keys: ['e'], says: 'hotline.key.edit' },
  { keys: ['n'], says: 'hotline.numbers' },
  { keys: ['t'], says: 'phone.number.set' },
  { keys: ['a'], says: 'announce.title' },
  { keys: ['1', '…', '5'], says: 'keys.period' },
  { keys: ['v'], says: 'keys.by' },
  { keys: ['c'], says: 'figures.csv' },
  { keys: ['u'], says: 'keys.refresh' },
  { keys: ['Esc'], says: 'keys.back' },
  { keys: ['?'], says: 'keys.help' },
];
export const keyLines = (): KeyLine[] => KEYS.map(({ keys, says }) => ({ keys, says: t(says) }));

const PLAIN: Record<string, (desk: HotlineDesk) => void> = {
  l: (desk) => void desk.supervise('listen'),
  w: (desk) => void desk.supervise('whisper'),
  b: (desk) => void desk.supervise('barge'),
  x: (desk) => void desk.supervise('stop'),
  s: (desk) => desk.show(desk.view === 'staff' ? 'now' : 'staff'),
  e: (desk) => desk.agentId && desk.edit(desk.agentId),
  n: (desk) => (desk.question = 'numbers'),
  t: (desk) => (desk.question = 'phone'),
  a: (desk) => void desk.openAnnouncement(),
  v: ({ figures }) => figures.group(GROUPS[(GROUPS.indexOf(figures.by) + 1) % GROUPS.length] ?? figures.by),
  c: () => document.querySelector<HTMLAnchorElement>('[data-action=csv]')?.click(),
  u: ({ figures }) => figures.refresh(),
  '?': (desk) => (desk.asking = { kind: 'keys' }),
};

function step(desk: HotlineDesk, by: 1 | -1): void {
  desk.step(by);
  requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-agent="${desk.agentId ?? ''}"] button`)?.focus());
}

/** The page's whole keyboard. Letters stay letters while somebody types. */
export function handleKey(event: KeyboardEvent, desk: HotlineDesk): void {
  if (document.querySelector('dialog[open]')) return;
  if (event.key === 'Escape' && !event.defaultPrevented) {
    if (typing(event.target)) (event.target as HTMLElement).blur();
    else desk.agentId = null;
    return;
  }
  const key = plainKey(event);
  if (key === null) return;
  const by = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[key];
  const period = PERIODS[Number(key) - 1];
  const act = PLAIN[key];
  if (by) step(desk, by as 1 | -1);
  else if (period) desk.figures.choosePeriod(period);
  else if (act) act(desk);
  else return;
  event.preventDefault();
}
