import type { Desk } from './desk.svelte';

/** Put the browser's focus on the row of the selected order, where it was asked for by key. */
export function focusRow(desk: Desk): void {
  requestAnimationFrame(() => {
    const row = document.querySelector<HTMLElement>(`[data-order-id="${desk.selectedId ?? ''}"]`);
    row?.focus();
    row?.scrollIntoView({ block: 'nearest' });
  });
}

/** j, k and the arrows: the next or previous order. True where the key was one of them. */
export function moveByKey(event: KeyboardEvent, desk: Desk): boolean {
  const down = event.key === 'j' || event.key === 'ArrowDown';
  const up = event.key === 'k' || event.key === 'ArrowUp';
  if (!down && !up) return false;
  // Arrows inside the map pan it, inside a table of the order page they scroll.
  const inside = event.target instanceof Element && event.target.closest('canvas, .page');
  if (inside && event.key.startsWith('Arrow')) return false;
  desk.move(down ? 1 : -1);
  focusRow(desk);
  return true;
}

/** The letter of something that can be done with the focused order. */
export function actByKey(event: KeyboardEvent, desk: Desk): boolean {
  const order = desk.selected;
  const action = order && desk.actionsOf(order).find(({ letter }) => letter === event.key);
  if (!order || !action) return false;
  desk.begin(action, order);
  return true;
}
