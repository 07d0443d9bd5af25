import { t, type PlainKey } from '../../lib/i18n/index.svelte';
import { plainKey, type KeyLine } from '../../lib/ui/keyboard';
import { LISTS, type BreachDesk, type RulingCode } from './desk.svelte';

export const FILE_ID = 'review-file';
const FILTER_ID = 'breach-unit';

const KEYS: readonly { keys: string[]; says: PlainKey }[] = [
  { keys: ['1', '…', '7'], says: 'breach.key.list' },
  { keys: ['j', 'k'], says: 'breach.key.step' },
  { keys: ['f'], says: 'breach.key.filter' },
  { keys: ['a'], says: 'breach.appeal.do' },
  { keys: ['p'], says: 'breach.key.file' },
  { keys: ['u'], says: 'breach.rule.do.upheld' },
  { keys: ['w'], says: 'breach.rule.do.waived' },
  { keys: ['x'], says: 'breach.rule.do.reattributed' },
  { keys: ['e'], says: 'breach.key.explain' },
  { keys: ['c'], says: 'breach.key.correct' },
  { keys: ['q'], says: 'action.acknowledge' },
  { keys: ['Esc'], says: 'keys.back' },
  { keys: ['m'], says: 'keys.silence' },
  { keys: ['?'], says: 'keys.help' },
];
const RULES: Record<string, RulingCode> = { u: 'upheld', w: 'waived', x: 'reattributed' };

export const keyLines = (): KeyLine[] => KEYS.map(({ keys, says }) => ({ keys, says: t(says) }));

function step(desk: BreachDesk, by: 1 | -1): void {
  desk.move(by);
  requestAnimationFrame(() => {
    document.querySelector<HTMLElement>(`[data-item="${desk.selectedId ?? ''}"] button`)?.focus();
  });
}

/** What a letter does to the item in focus; true where it did something. */
function itemKey(key: string, desk: BreachDesk): boolean {
  const item = desk.focused;
  if (item?.kind === 'anomaly' && desk.rights.has('review.rule') && (key === 'e' || key === 'c')) {
    const { anomaly } = item;
    desk.question = key === 'e' ? { kind: 'explain', anomaly } : { kind: 'correct', anomaly };
    return true;
  }
  if (item?.kind === 'ladder' && key === 'q') {
    desk.note(item.ladder);
    return true;
  }
  if (item?.kind !== 'review') return false;
  const { review } = item;
  const ruling = RULES[key];
  if (key === 'a' && desk.mayAppeal(review)) desk.question = { kind: 'appeal', review };
  else if (key === 'p' && desk.mayAppeal(review)) document.getElementById(FILE_ID)?.click();
  else if (ruling && desk.mayRule(review)) desk.question = { kind: 'rule', review, ruling };
  else return false;
  return true;
}

/** The page's whole keyboard. */
export function handleKey(event: KeyboardEvent, desk: BreachDesk): void {
  const key = plainKey(event);
  if (key === null || document.querySelector('dialog[open]')) return;
  const by = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[key];
  const inside = event.target instanceof Element && event.target.closest('article');
  const list = LISTS[Number(key) - 1];
  if (by && inside && key.startsWith('Arrow')) return; // arrows scroll the evidence
  if (key === 'Escape') desk.select(null);
  else if (key === '?') desk.asking = { kind: 'keys' };
  else if (key === 'm' && desk.ear) desk.sounds.silence();
  else if (by) step(desk, by as 1 | -1);
  else if (list) desk.choose(list);
  else if (key === 'f') document.getElementById(FILTER_ID)?.focus();
  else if (!itemKey(key, desk)) return;
  event.preventDefault();
}
