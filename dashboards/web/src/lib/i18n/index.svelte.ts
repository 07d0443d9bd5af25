import type { Named } from '../api/types';
import { en, type Key, type ParametersOf } from './en';
import { zh } from './zh';

export type Language = 'zh' | 'en';
export type { Key } from './en';

const STORED = 'paidan.language';
const DICTIONARIES: Record<Language, Record<Key, string>> = { zh, en };

function preferred(): Language {
  const stored = localStorage.getItem(STORED);
  if (stored === 'zh' || stored === 'en') return stored;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

let current = $state<Language>(typeof localStorage === 'undefined' ? 'zh' : preferred());

export const language = (): Language => current;
export const locale = (): string => (current === 'zh' ? 'zh-CN' : 'en-GB');

export function setLanguage(next: Language): void {
  current = next;
  localStorage.setItem(STORED, next);
  document.documentElement.lang = locale();
}

/** Keys of sentences without parameters. */
export type PlainKey = {
  [K in Key]: [ParametersOf<K>] extends [never] ? K : never;
}[Key];

type Values<K extends Key> = [ParametersOf<K>] extends [never]
  ? []
  : [Record<ParametersOf<K>, string | number>];

/** The sentence under `key` in the present language, its parameters filled in. */
export function t<K extends Key>(key: K, ...[values]: Values<K>): string {
  const sentence = DICTIONARIES[current][key];
  if (!values) return sentence;
  const known = values as Record<string, string | number>;
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(known[name] ?? whole));
}

/** A word for a code of the server; the code itself when the dictionary does not know it. */
export function word(group: string, code: string): string {
  const key = `${group}.${code}`;
  return key in zh ? DICTIONARIES[current][key as Key] : code.replaceAll('_', ' ');
}

/** As `nameOf`, in the fewest words where the dictionary has them: for columns and bars. */
export function shortName(group: string, named: Named): string {
  const key = `${group}.${named.code}`;
  return key in zh ? DICTIONARIES[current][key as Key] : nameOf(named);
}

/** The name of something the server names in both languages. */
export function nameOf(named: Named | undefined | null): string {
  if (!named) return t('app.unknown');
  return (current === 'zh' ? named.name_zh : named.name_en) || named.code;
}
