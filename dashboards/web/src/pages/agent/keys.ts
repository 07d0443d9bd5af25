import { actByKey, focusRow, moveByKey } from '../../lib/desk/keys';
import type { PlainKey } from '../../lib/i18n/index.svelte';
import { LETTERS } from '../../lib/phone/rules';
import { plainKey, typing } from '../../lib/ui/keyboard';
import type { AgentDesk } from './desk.svelte';

/** Keys other than the letters of orders; `?` shows them. */
export const KEYS: readonly { keys: string[]; says: PlainKey }[] = [
  { keys: ['Enter'], says: 'agent.key.take' },
  { keys: ['Ctrl ⏎'], says: 'agent.key.file' },
  { keys: ['j', 'k'], says: 'agent.key.step' },
  { keys: ['1', '…', '9'], says: 'agent.key.customer' },
  { keys: ['f'], says: 'agent.key.form' },
  { keys: ['n'], says: 'agent.key.new' },
  { keys: ['w'], says: 'agent.key.guide' },
  { keys: ['u'], says: 'agent.key.chase' },
  { keys: ['o'], says: 'agent.key.orders' },
  { keys: ['Esc'], says: 'agent.key.back' },
  { keys: ['m'], says: 'keys.silence' },
  { keys: ['?'], says: 'keys.help' },
];

/** With Alt, the telephone: from anywhere, also while one writes. */
export const PHONE_KEYS: readonly { keys: string[]; says: PlainKey }[] = [
  { keys: ['A'], says: 'phone.key.available' },
  { keys: ['B'], says: 'phone.key.break' },
  { keys: ['O'], says: 'phone.key.offline' },
  { keys: ['H'], says: 'phone.key.hold' },
  { keys: ['P'], says: 'phone.key.park' },
  { keys: ['T'], says: 'phone.key.transfer' },
  { keys: ['C'], says: 'phone.key.complete' },
  { keys: ['V'], says: 'phone.key.back' },
  { keys: ['X'], says: 'phone.key.hang_up' },
  { keys: ['R'], says: 'phone.key.dispose' },
  { keys: ['E'], says: 'phone.key.extend' },
  { keys: ['1', '…', '9'], says: 'phone.key.parked' },
  { keys: ['Q'], says: 'phone.key.callbacks' },
  { keys: ['N'], says: 'phone.key.number' },
  { keys: ['S'], says: 'phone.key.tape' },
];

/** What Alt and a letter do; true where they are the telephone's. Keyboards write other signs with Alt. */
function phoneKey(event: KeyboardEvent, desk: AgentDesk): boolean {
  const { phone, line } = desk;
  if (!event.altKey || event.ctrlKey || event.metaKey || phone.asking) return false;
  const letter = event.code.replace('Key', '');
  if (letter === 'N' && desk.rights.has('call.answer')) {
    phone.asking = 'number';
    return true;
  }
  if (!line) return false;
  const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
  if (digit) {
    void desk.fetchBack(Number(digit) - 1);
    return true;
  }
  const act = phone.acts.find((one) => LETTERS[one] === letter);
  if (act) void phone.do(act);
  else if (letter === 'A') void phone.become('available');
  else if (letter === 'O') void phone.become('offline');
  else if (letter === 'B') phone.asking = 'break';
  else if (letter === 'Q') document.querySelector<HTMLElement>('[data-callback]')?.focus();
  else return Object.values(LETTERS).includes(letter);
  return true;
}

/** Into the form: where something is still missing, else to what the caller says. */
export function focusForm(): void {
  requestAnimationFrame(() => {
    const form = document.querySelector<HTMLFormElement>('[data-testid=file-form]');
    const inputs = form?.querySelectorAll<HTMLInputElement | HTMLSelectElement>('[required]');
    const empty = [...(inputs ?? [])].find((input) => input.value.trim() === '');
    (empty ?? form?.querySelector<HTMLElement>('[name=description]'))?.focus();
  });
}

/** To the guided question that is next. */
function focusGuide(): void {
  document.querySelector<HTMLElement>('[data-testid=guide] [data-next]')?.focus();
}

function toOrders(desk: AgentDesk): void {
  if (desk.selectedId) desk.resort(true);
  else desk.move(1);
  focusRow(desk);
}

const PLAIN: Record<string, (desk: AgentDesk) => void> = {
  '?': (desk) => (desk.asking = { kind: 'keys' }),
  m: (desk) => desk.sounds.silence(),
  f: () => focusForm(),
  n: (desk) => {
    desk.choose(null);
    focusForm();
  },
  o: toOrders,
  w: () => focusGuide(),
  u: (desk) => {
    if (desk.chaseable) void desk.chaseUp(desk.chaseable);
  },
};

function back(event: KeyboardEvent, desk: AgentDesk): void {
  if (desk.asking) desk.asking = null;
  else if (typing(event.target)) (event.target as HTMLElement).blur();
  else {
    desk.select(null);
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  }
}

/** What a key does to the calls; true where it did something. */
function callKey(key: string, desk: AgentDesk): boolean {
  if (/^[1-9]$/.test(key)) return desk.chooseCustomer(Number(key) - 1);
  const by = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[key];
  if (by === undefined) return false;
  desk.step(by as 1 | -1);
  return true;
}

function enter(event: KeyboardEvent, desk: AgentDesk): boolean {
  const onSomething = event.target instanceof Element && event.target.closest('button, a, summary');
  if (onSomething || !desk.takable) return false;
  void desk.take(desk.takable);
  return true;
}

/** The agent desk's whole keyboard. Letters stay letters while somebody types. */
export function handleKey(event: KeyboardEvent, desk: AgentDesk): void {
  if (phoneKey(event, desk)) {
    event.preventDefault();
    return;
  }
  if (event.key === 'Escape') {
    back(event, desk);
    return;
  }
  const key = plainKey(event);
  if (key === null || desk.asking || desk.phone.asking) return;
  const plain = PLAIN[key];
  if (plain) plain(desk);
  else if (key === 'Enter' ? !enter(event, desk) : !orderKey(event, desk) && !callKey(key, desk)) return;
  event.preventDefault();
}

/** Keys of the order in focus; `r` without one is for the order that was filed last. */
function orderKey(event: KeyboardEvent, desk: AgentDesk): boolean {
  if (desk.selectedId) return moveByKey(event, desk) || actByKey(event, desk);
  const release = event.key === 'r' && desk.releasable;
  if (!release) return false;
  desk.begin(release.action, release.order);
  return true;
}
