import { expect, test } from 'vitest';
import { faultOf, heardS } from './announcing';
import { AGENT_COLUMNS, CALL_COLUMNS } from './columns';
import type { Line } from './figures.svelte';
import { changed, peopleOf, type Person, type Staff } from './staff';

test.each([
  ['', 'empty'],
  ['  \n', 'empty'],
  ['{地点}停电', 'blank'],
  ['back by {time', 'blank'],
  ['城东停电', null],
] as const)('%j is refused as %s', (words, fault) => expect(faultOf(words)).toBe(fault));

test('how long it takes to hear counts both languages', () => {
  expect(heardS('', '')).toBe(0);
  expect(heardS('一'.repeat(40), '')).toBe(10);
  expect(heardS('一'.repeat(40), 'one two three four five')).toBe(12);
});

test('a figure that nobody could judge is no zero, and says what is missing', () => {
  const line = { service_level: null, service_unjudged: 3, abandoned: 4, abandoned_short: 1 } as Line;
  const column = (key: string): (typeof CALL_COLUMNS)[number] => {
    const found = CALL_COLUMNS.find((one) => one.key === key);
    if (!found) throw new Error(key);
    return found;
  };
  expect(column('service_level').said(line)).toBe('–');
  expect(column('service_level').unjudged?.(line)).toBe(3);
  expect(column('abandoned').said(line)).toBe('4 (1)');
});

test('no column stands there twice', () => {
  for (const columns of [CALL_COLUMNS, AGENT_COLUMNS]) {
    expect(new Set(columns.map(({ key }) => key)).size).toBe(columns.length);
  }
});

const person = (id: string, changes: Partial<Person> = {}): Person => ({
  id, login: id, name: id, answers: true, skills: { fault: 3 }, serves: ['fault'], languages: [], phone: null, ...changes,
});

test('who gets no calls stands first, who only listens last; live rows count', () => {
  const people = [person('boss', { answers: false, serves: [] }), person('b'), person('a'), person('none', { skills: {}, serves: [] }), person('new')];
  const staff = { people, skills: [], languages: [], numbers: [], takes_unknown: true } as Staff;
  const live = new Map([['new', { skills: {}, serves: [] as string[], languages: ['en-US'] }]]);
  const found = peopleOf(staff, live as unknown as Parameters<typeof peopleOf>[1]);
  expect(found.map(({ id }) => id)).toEqual(['new', 'none', 'a', 'b', 'boss']);
  expect(found[0]?.languages).toEqual(['en-US']);
  expect(peopleOf(null, null)).toEqual([]);
});

test('only what was changed is sent', () => {
  const one = person('a', { languages: ['en-US', 'cmn-CN'], phone: 'client:a' });
  expect(changed(one, { fault: 3, general: 0 }, ['cmn-CN', 'en-US'], 'client:a')).toBeNull();
  expect(changed(one, { fault: 0, general: 2 }, one.languages, 'client:a')).toEqual({ skills: { general: 2 } });
  expect(changed(one, { fault: 3 }, [], '')).toEqual({ languages: [], phone: '' });
});
