import { expect, test } from 'vitest';
import { en } from './en';
import { zh } from './zh';

const parameters = (sentence: string): string[] =>
  [...sentence.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort();

test('both languages fill in the same parameters', () => {
  for (const [key, sentence] of Object.entries(zh)) {
    expect(parameters(en[key as keyof typeof zh]), key).toEqual(parameters(sentence));
  }
});

test('no sentence was left untranslated', () => {
  const same = Object.entries(zh).filter(([key, s]) => en[key as keyof typeof zh] === s);
  expect(same.map(([key]) => key)).toEqual(['holder.none']);
});
