import type { KeyLine } from '../../lib/ui/keyboard';
import { plainKey, typing } from '../../lib/ui/keyboard';
import { t, type PlainKey } from '../../lib/i18n/index.svelte';
import { GROUPS, OUTCOMES } from './figures.svelte';
import { PERIODS } from '../../lib/report/period';
import type { Supervision } from './supervision.svelte';

const KEYS: readonly { keys: string[]; says: PlainKey }[] = [
  { keys: ['j', '↓'], says: 'keys.next' },
  { keys: ['k', '↑'], says: 'keys.previous' },
  { keys: ['Enter'], says: 'keys.open' },
  { keys: ['Esc'], says: 'keys.back' },
  { keys: ['n'], says: 'keys.now' },
  { keys: ['p', 'P'], says: 'keys.party' },
  { keys: ['s'], says: 'keys.only' },
  { keys: ['q'], says: 'action.acknowledge' },
  { keys: ['f'], says: 'keys.figures' },
  { keys: ['1', '…', '5'], says: 'keys.period' },
  { keys: ['w'], says: 'keys.by' },
  { keys: ['e', 'E'], says: 'keys.segment' },
  { keys: ['[', ']'], says: 'keys.bin' },
  { keys: ['r'], says: 'keys.outcome' },
  { keys: ['v'], says: 'keys.view' },
  { keys: ['u'], says: 'keys.refresh' },
  { keys: ['o'], says: 'keys.sort' },
  { keys: ['l'], says: 'review.key' },
  { keys: ['m'], says: 'keys.silence' },
  { keys: ['?'], says: 'keys.help' },
];

export const keyLines = (): KeyLine[] => KEYS.map(({ keys, says }) => ({ keys, says: t(says) }));

const after = <T>(all: readonly T[], one: T): T =>
  all[(all.indexOf(one) + 1) % all.length] ?? one;

const PLAIN: Record<string, (desk: Supervision) => void> = {
  '?': (desk) => (desk.asking = { kind: 'keys' }),
  n: (desk) => desk.lookAtNow(),
  f: (desk) => (desk.area = 'figures'),
  p: (desk) => desk.turnParty(1),
  P: (desk) => desk.turnParty(-1),
  s: (desk) => desk.turnLevel(),
  w: ({ figures }) => figures.group(after(GROUPS, figures.by)),
  e: ({ figures }) => figures.turnSegment(1),
  E: ({ figures }) => figures.turnSegment(-1),
  '[': ({ figures }) => figures.turnBin(-1),
  ']': ({ figures }) => figures.turnBin(1),
  r: ({ figures }) => figures.chooseOutcome(after(OUTCOMES, figures.outcome)),
  v: ({ figures }) => (figures.asTable = !figures.asTable),
  u: ({ figures }) => figures.refresh(),
  o: (desk) => desk.resort(true),
  m: (desk) => desk.ear && desk.sounds.silence(),
  q: (desk) => acknowledge(desk),
  l: (desk) => desk.reviewPlaces(),
};

function acknowledge(desk: Supervision): void {
  const order = desk.selected;
  const action = order && desk.actionsOf(order).find(({ code }) => code === 'acknowledge');
  if (order && action) desk.begin(action, order);
}

/** What Enter does where the focused thing has no act of its own. */
function enter(desk: Supervision): void {
  if (desk.area === 'now') desk.open(desk.selectedId ?? desk.lines[0]?.order.id ?? null);
  else if (desk.area === 'figures') [desk.area, desk.figures.row] = ['behind', 0];
  else desk.open(desk.figures.behind?.rows[desk.figures.row]?.order_id ?? null);
}

function moved(event: KeyboardEvent, desk: Supervision): boolean {
  const down = event.key === 'j' || event.key === 'ArrowDown';
  const up = event.key === 'k' || event.key === 'ArrowUp';
  if (!down && !up) return false;
  // Arrows scroll the open order; the letters go on to the next one.
  const inside = event.target instanceof Element && event.target.closest('.drawer');
  if (inside && event.key.startsWith('Arrow')) return false;
  desk.move(down ? 1 : -1);
  if (desk.openId && desk.area === 'behind') enter(desk);
  return true;
}

/** Bring the browser's focus to where the keys now act. */
function follow(desk: Supervision): void {
  requestAnimationFrame(() => {
    if (desk.openId || desk.asking) return;
    const spot = document.querySelector<HTMLElement>(`[data-area="${desk.area}"] [tabindex="0"]`);
    spot?.focus();
    spot?.scrollIntoView({ block: 'nearest' });
  });
}

/** The page's whole keyboard. Letters stay letters while somebody types. */
export function handleKey(event: KeyboardEvent, desk: Supervision): void {
  if (event.key === 'Escape' && !event.defaultPrevented) {
    if (typing(event.target)) (event.target as HTMLElement).blur();
    else desk.back();
    follow(desk);
    return;
  }
  const key = plainKey(event);
  if (key === null || desk.asking) return;
  const period = PERIODS[Number(key) - 1];
  const onButton = event.target instanceof Element && event.target.closest('button:not([data-line]), a');
  if (period) desk.figures.choosePeriod(period);
  else if (key === 'Enter' && !onButton) enter(desk);
  else if (PLAIN[key]) PLAIN[key](desk);
  else if (!moved(event, desk)) return;
  event.preventDefault();
  follow(desk);
}
