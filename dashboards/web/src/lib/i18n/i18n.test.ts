import { expect, test } from 'vitest';
import { en } from './en';
import { zh } from './zh';

/** The words of each page and part. */
const parts = import.meta.glob<{ zh: Record<string, string> }>(
  ['./*.ts', '!./zh.ts', '!./en.ts', '!./*.test.ts', '!./*.svelte.ts'],
  { eager: true },
);
/** Signs that are the same everywhere. */
const SIGNS = ['holder.none', 'customers.voltage.kv', 'customers.kva', 'devices.fixes.count'];

const parameters = (sentence: string): string[] =>
  [...sentence.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort();

test('both languages fill in the same parameters', () => {
  for (const [key, sentence] of Object.entries(zh)) {
    expect(parameters(en[key as keyof typeof zh]), key).toEqual(parameters(sentence));
  }
});

test('no sentence was left untranslated', () => {
  const same = Object.entries(zh).filter(([key, s]) => en[key as keyof typeof zh] === s);
  expect(same.map(([key]) => key)).toEqual(SIGNS);
});

test('no word is said twice: the later one would hide the other', () => {
  const keys = Object.values(parts).flatMap((part) => Object.keys(part.zh));
  expect(Object.keys(parts).length).toBeGreaterThan(6);
  expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
});
