import { expect, test } from 'vitest';
import * as agent from './agent';
import * as board from './board';
import * as crew from './crew';
import * as demo from './demo';
import * as design from './design';
import { en } from './en';
import * as supervisor from './supervisor';
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

test('no word is said twice: the later one would hide the other', () => {
  const parts = [agent.zh, board.zh, crew.zh, demo.zh, design.zh, supervisor.zh];
  const keys = parts.flatMap((part) => Object.keys(part));
  expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
});
