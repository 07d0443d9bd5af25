import { t, type PlainKey } from '../../lib/i18n/index.svelte';
import { plainKey, type KeyLine } from '../../lib/ui/keyboard';
import { SATISFACTIONS, type FollowUpDesk } from './desk.svelte';

const KEYS: readonly { keys: string[]; says: PlainKey }[] = [
  { keys: ['j', 'k'], says: 'followup.key.step' },
  { keys: ['Enter', 'c'], says: 'followup.key.claim' },
  { keys: ['r'], says: 'followup.key.reached' },
  { keys: ['1', '2', '3'], says: 'followup.key.rate' },
  { keys: ['n'], says: 'followup.key.not_reached' },
  { keys: ['x'], says: 'followup.key.refused' },
  { keys: ['b'], says: 'followup.key.back' },
  { keys: ['r', 'a', 'd', 'x'], says: 'vain.key' },
  { keys: ['Esc'], says: 'keys.back' },
];

export const keyLines = (): KeyLine[] => KEYS.map(({ keys, says }) => ({ keys, says: t(says) }));

function step(desk: FollowUpDesk, by: 1 | -1): void {
  desk.move(by);
  requestAnimationFrame(() => {
    document.querySelector<HTMLElement>(`[data-follow-up="${desk.focusId ?? ''}"] button`)?.focus();
  });
}

const SETTLES: Readonly<Record<string, 'reached' | 'not_needed' | 'given_up'>> = { r: 'reached', d: 'not_needed', x: 'given_up' };

/** What a key does to the row in focus; true where it did something. */
function rowKey(key: string, desk: FollowUpDesk): boolean {
  const { failed } = desk;
  const settles = SETTLES[key];
  if (failed && settles) desk.settle(failed, settles);
  else if (failed && key === 'a') desk.callAgain(failed);
  else if (failed && (key === 'c' || key === 'Enter')) desk.takeUp(failed);
  else if (failed && key === 'b') desk.leave(failed);
  else return !failed && callKey(key, desk);
  return true;
}

function callKey(key: string, desk: FollowUpDesk): boolean {
  const row = desk.focused;
  if (!row) return false;
  const rated = desk.rating ? SATISFACTIONS[Number(key) - 1] : undefined;
  if (rated) desk.outcome(row, 'reached', rated);
  else if (key === 'c' || key === 'Enter') desk.claim(row);
  else if (key === 'r') desk.rating = desk.mayTry(row);
  else if (key === 'n') desk.outcome(row, 'not_reached');
  else if (key === 'x') desk.outcome(row, 'refused');
  else if (key === 'b') desk.giveBack(row);
  else return false;
  return true;
}

/** The page's whole keyboard. */
export function handleKey(event: KeyboardEvent, desk: FollowUpDesk): void {
  const key = plainKey(event);
  if (key === null || document.querySelector('dialog[open]')) return;
  const by = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[key];
  const onOther = event.target instanceof Element && event.target.closest('a, button:not([data-row])');
  if (key === 'Escape') {
    if (desk.rating) desk.rating = false;
    else desk.select(null);
  } else if (by) step(desk, by as 1 | -1);
  else if (key === 'Enter' && onOther) return;
  else if (!rowKey(key, desk)) return;
  event.preventDefault();
}
