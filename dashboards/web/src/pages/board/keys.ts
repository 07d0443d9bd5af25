import type { PlainKey } from '../../lib/i18n/index.svelte';
import { typing } from '../../lib/ui/keyboard';
import { LEVELS } from '../../lib/desk/filters';
import { actByKey, moveByKey } from '../../lib/desk/keys';
import type { BoardDesk } from './desk.svelte';
import { actBelow, moveBelow, toAlerts, toCrews } from './below';

/** Keys other than the actions' letters; `?` shows those that do something for this person. */
export const KEYS: readonly { keys: string[]; says: PlainKey; may?: (desk: BoardDesk) => boolean }[] = [
  { keys: ['/'], says: 'keys.search' },
  { keys: ['j', '↓'], says: 'keys.next' },
  { keys: ['k', '↑'], says: 'keys.previous' },
  { keys: ['Enter'], says: 'keys.open' },
  { keys: ['Esc'], says: 'keys.back' },
  { keys: ['o'], says: 'keys.sort' },
  { keys: ['0'], says: 'keys.fit' },
  { keys: ['n'], says: 'action.file', may: (desk) => desk.rights.has('order.file') },
  { keys: ['m'], says: 'keys.silence', may: (desk) => desk.ear !== null },
  { keys: ['1', '…', '5'], says: 'keys.filter' },
  { keys: ['6'], says: 'keys.mine', may: (desk) => desk.acts !== null },
  { keys: ['f'], says: 'keys.filter_more' },
  { keys: ['u'], says: 'keys.unfilter' },
  { keys: ['w'], says: 'keys.alerts' },
  { keys: ['e'], says: 'keys.crews' },
  { keys: ['b'], says: 'keys.away', may: (desk) => desk.rights.has('crew.away') },
  { keys: ['p'], says: 'site.draw', may: (desk) => desk.rights.has('order.site') },
  { keys: ['v'], says: 'keys.seen' },
  { keys: ['1', '…', '9'], says: 'keys.choose' },
  { keys: ['?'], says: 'keys.help' },
];

export const SEARCH_ID = 'search';
export const FILTER_ID = 'filter';
export const FIT_EVENT = 'paidan:fit';

function back(desk: BoardDesk): void {
  if (desk.asking) desk.asking = null;
  else if (desk.openId) desk.open(null);
  else if (desk.leaving) desk.leaving = null;
  else if (desk.query) desk.query = '';
  else desk.select(null);
}

function focusSearch(): void {
  const box = document.getElementById(SEARCH_ID);
  if (box instanceof HTMLInputElement) {
    box.focus();
    box.select();
  }
}

const PLAIN: Record<string, (desk: BoardDesk) => void> = {
  f: () => document.getElementById(FILTER_ID)?.focus(),
  u: (desk) => desk.clearFilter(),
  v: (desk) => desk.seeAll(),
  w: toAlerts,
  e: toCrews,
  b: (desk) => {
    const crew = desk.feed.board?.crews.get(desk.pickedCrewId ?? '');
    if (crew) desk.toggleAway(crew);
  },
  p: (desk) => {
    if (desk.selected && desk.drawable(desk.selected)) desk.asking = { kind: 'site', order: desk.selected };
  },
  '6': (desk) => desk.acts && desk.filterBy({ mine: !desk.filter.mine }),
  ...Object.fromEntries(
    LEVELS.map((level, index) => [String(index + 1), (desk: BoardDesk): void => desk.toggleLevel(level)]),
  ),
  '/': () => focusSearch(),
  '?': (desk) => (desk.asking = { kind: 'keys' }),
  o: (desk) => desk.resort(true),
  '0': () => dispatchEvent(new Event(FIT_EVENT)),
  m: (desk) => desk.ear && desk.sounds.silence(),
  n: (desk) => {
    if (desk.rights.has('order.file')) desk.asking = { kind: 'file' };
  },
};

/** The board's whole keyboard. Letters stay letters while somebody types. */
export function handleKey(event: KeyboardEvent, desk: BoardDesk): void {
  if (event.isComposing || event.defaultPrevented || event.altKey) return;
  if (event.ctrlKey || event.metaKey) return;
  if (event.key === 'Escape') {
    if (typing(event.target)) (event.target as HTMLElement).blur();
    back(desk);
    return;
  }
  if (typing(event.target) || desk.asking || desk.leaving) return;
  if (event.key === 'Enter' && desk.selectedId && event.target === document.body) {
    desk.open(desk.selectedId);
    return;
  }
  const plain = PLAIN[event.key];
  if (plain) plain(desk);
  else if (![moveBelow, actBelow, moveByKey, actByKey].some((does) => does(event, desk))) return;
  event.preventDefault();
}
