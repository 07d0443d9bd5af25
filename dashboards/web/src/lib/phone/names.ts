import { language, t, word } from '../i18n/index.svelte';
import { workedBy } from './rules';
import type { Callback } from './types';

export const wordIn = ({ zh, en }: { zh: string; en: string }): string => (language() === 'zh' ? zh : en);

/** How it stands with a call-back: who sees to it, why it waits, or what is being done. */
export function saysOfCallback(one: Callback, nowMs: number): string {
  const by = workedBy(one, nowMs);
  if (by) return t('phone.callback.worked', { who: by.name });
  return one.state === 'waiting' ? word('phone.callback.reason', one.reason) : word('phone.callback.state', one.state);
}
