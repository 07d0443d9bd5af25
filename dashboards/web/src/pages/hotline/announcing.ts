/** What keeps words from being heard. */
export type Fault = 'empty' | 'blank';

/** Nothing is said, or something that was to be filled in still stands in braces. */
export function faultOf(words: string): Fault | null {
  if (words.trim() === '') return 'empty';
  return /[{}]/.test(words) ? 'blank' : null;
}

/** Signs of Chinese and words of English that a voice says in a second, roughly. */
const ZH_PER_S = 4;
const EN_PER_S = 2.5;

/** How long these words take to hear, in whole seconds: both languages are said one after the other. */
export function heardS(zh: string, en: string): number {
  const words = en.trim() === '' ? 0 : en.trim().split(/\s+/).length;
  return Math.round(zh.trim().length / ZH_PER_S + words / EN_PER_S);
}
