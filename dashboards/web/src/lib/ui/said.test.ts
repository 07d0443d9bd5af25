import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { REFUSAL_MS, Saying, type Said } from './said.svelte';

const REFUSED: Said = { tone: 'refused', text: 'no' };
const DONE: Said = { tone: 'done', text: 'yes' };
const UNSENT: Said = { ...REFUSED, offer: { label: 'again', act: () => {} } };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a refusal goes by itself, or as soon as one turns to another order', () => {
  const saying = new Saying();
  saying.say(REFUSED);
  vi.advanceTimersByTime(REFUSAL_MS - 1);
  expect(saying.now).toBe(REFUSED);
  vi.advanceTimersByTime(1);
  expect(saying.now).toBeNull();
  saying.say(REFUSED);
  saying.moveOn();
  expect(saying.now).toBeNull();
});

test.each([DONE, UNSENT])('what can still be taken back or sent stays', (said) => {
  const saying = new Saying();
  saying.say(REFUSED);
  saying.say(said);
  saying.moveOn();
  vi.advanceTimersByTime(REFUSAL_MS * 2);
  expect(saying.now).toBe(said);
});
