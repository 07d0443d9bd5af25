import type { BoardDesk } from './desk.svelte';

const focusFirst = (selector: string): void =>
  void requestAnimationFrame(() => document.querySelector<HTMLElement>(selector)?.focus());

/** The first alarm that nobody has noted, or whichever is first. */
export function toAlerts(desk: BoardDesk): void {
  desk.lower = 'alerts';
  const first = desk.alarmed[0];
  if (first) focusFirst(`[data-alert-order="${first.id}"]`);
}

export function toCrews(desk: BoardDesk): void {
  desk.lower = 'crews';
  const crew = desk.crews.find(({ id }) => id === desk.litCrewId) ?? desk.crews[0];
  if (!crew) return;
  desk.pickedCrewId = crew.id;
  focusFirst(`[data-crew-id="${crew.id}"] .pick`);
}

/** In the pane below, the keys go through its own lines. */
export function moveBelow(event: KeyboardEvent): boolean {
  const by = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  if (!by) return false;
  const line = event.target instanceof Element ? event.target.closest('.lower li') : null;
  if (!line) return false;
  const next = by > 0 ? line.nextElementSibling : line.previousElementSibling;
  const button = next?.querySelector<HTMLElement>('button');
  button?.focus();
  button?.scrollIntoView({ block: 'nearest' });
  return true;
}

/** On a crew's line, `d` sends it the order in focus. */
function sendHere(event: KeyboardEvent, desk: BoardDesk): boolean {
  const line = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-crew-id]') : null;
  const crew = line && desk.feed.board?.crews.get(line.dataset.crewId ?? '');
  if (!crew || event.key !== 'd' || !desk.sendable) return false;
  desk.sendTo(crew, desk.sendable.id);
  return true;
}

/** After an alarm is noted the next one takes the focus, so that `q` `q` `q` goes through them. */
function noteAlarm(event: KeyboardEvent, desk: BoardDesk): boolean {
  const line = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-alert-order]') : null;
  const order = line && desk.feed.board?.orders.get(line.dataset.alertOrder ?? '');
  const action = order && desk.actionsOf(order).find(({ code }) => code === 'acknowledge');
  if (event.key !== 'q' || !order || !action) return false;
  const next = desk.alarmed.find((one) => one.id !== order.id && desk.actionsOf(one).some(({ code }) => code === 'acknowledge'));
  void desk.perform(order, action.code, {}).then(() => next && focusFirst(`[data-alert-order="${next.id}"]`));
  return true;
}

/** What a letter does on a line of the pane below. */
export const actBelow = (event: KeyboardEvent, desk: BoardDesk): boolean =>
  sendHere(event, desk) || noteAlarm(event, desk);
