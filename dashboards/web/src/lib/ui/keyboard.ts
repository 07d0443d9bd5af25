/** One line of a map of keys: the keys, and in words what they do. */
export interface KeyLine {
  keys: readonly string[];
  says: string;
}

/** Is somebody writing text here? Letters then are letters. */
export const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches('textarea, select, input:not([type=radio], [type=checkbox])'));

/** Here letters and digits are answers: those that are none do nothing. The map of keys stays. */
const answering = (event: KeyboardEvent): boolean =>
  event.key.length === 1 &&
  event.key !== '?' &&
  event.target instanceof Element &&
  event.target.closest('[data-own-keys]') !== null;

/** The single key of an event that nobody else has taken and that is not being typed; else null. */
export function plainKey(event: KeyboardEvent): string | null {
  if (event.isComposing || event.defaultPrevented) return null;
  if (event.altKey || event.ctrlKey || event.metaKey) return null;
  return typing(event.target) || answering(event) ? null : event.key;
}
