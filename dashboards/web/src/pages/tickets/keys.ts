import { t, word, type PlainKey } from '../../lib/i18n/index.svelte';
import { ACTS } from '../../lib/tickets/acts';
import { VIEWS } from '../../lib/tickets/filter';
import { plainKey, typing, type KeyLine } from '../../lib/ui/keyboard';
import type { TicketDesk } from './desk.svelte';

const KEYS: readonly { keys: string[]; says: PlainKey }[] = [
  { keys: ['j', 'k'], says: 'tickets.key.step' },
  { keys: ['Enter'], says: 'tickets.key.open' },
  { keys: ['/'], says: 'keys.search' },
  { keys: ['1', '…', '6'], says: 'tickets.key.view' },
  { keys: ['f'], says: 'tickets.key.kind' },
  { keys: ['u'], says: 'keys.unfilter' },
  { keys: ['p'], says: 'tickets.key.attach' },
  { keys: ['Esc'], says: 'keys.back' },
];

export const SEARCH_ID = 'search';
export const KIND_ID = 'kind';
export const ATTACH_ID = 'attach';

export const keyLines = (desk: TicketDesk): KeyLine[] => [
  ...KEYS.map(({ keys, says }) => ({ keys, says: t(says) })),
  ...ACTS.filter(({ right }) => desk.rights.has(right)).map(({ letter, code }) => ({
    keys: [letter],
    says: word('ticket.act', code),
  })),
];

const PLAIN: Record<string, (desk: TicketDesk) => void> = {
  '/': () => focusOn(SEARCH_ID),
  f: () => focusOn(KIND_ID),
  u: (desk) => desk.filterBy({ view: 'open', kind: '', query: '' }),
  p: () => document.getElementById(ATTACH_ID)?.click(),
};

function focusOn(id: string): void {
  const found = document.getElementById(id);
  found?.focus();
  if (found instanceof HTMLInputElement) found.select();
}

/** What was looked for is written: letters act on the first that was found. */
export function toList(event: KeyboardEvent, desk: TicketDesk): void {
  if (event.key !== 'Enter' || event.isComposing) return;
  event.preventDefault();
  const ids = desk.rows.map(({ id }) => id);
  const [first] = ids;
  if (!first) return;
  if (!desk.openId || !ids.includes(desk.openId)) desk.look(first);
  focusOpen(desk);
}

function focusOpen(desk: TicketDesk): void {
  requestAnimationFrame(() => {
    document.querySelector<HTMLElement>(`[data-ticket-id="${desk.openId ?? ''}"]`)?.focus();
  });
}

function moved(event: KeyboardEvent, desk: TicketDesk): boolean {
  const by = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  // Arrows scroll the open ticket; the letters go on to the next one.
  const inside = event.target instanceof Element && event.target.closest('article');
  if (!by || (inside && event.key.startsWith('Arrow'))) return false;
  desk.move(by as 1 | -1);
  focusOpen(desk);
  return true;
}

/** The page's whole keyboard. Letters stay letters while somebody types. */
export function handleKey(event: KeyboardEvent, desk: TicketDesk): void {
  if (event.key === 'Escape' && !event.defaultPrevented && !desk.asking) {
    if (document.querySelector('dialog[open]')) return;
    if (typing(event.target)) (event.target as HTMLElement).blur();
    else if (desk.filing) desk.filing = null;
    else desk.look(null);
    return;
  }
  const key = plainKey(event);
  if (key === null || desk.asking || desk.filing || document.querySelector('dialog[open]')) return;
  const view = VIEWS[Number(key) - 1];
  const act = desk.acts.find(({ letter }) => letter === key);
  if (view) desk.filterBy({ view });
  else if (PLAIN[key]) PLAIN[key](desk);
  else if (act) desk.begin(act.code);
  else if (!moved(event, desk)) return;
  event.preventDefault();
}
