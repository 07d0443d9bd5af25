import { language } from '../i18n/index.svelte';

/** Who asked, in the reader's language where the directory has a name for it; empty: no name left. */
export const callerOf = (one: { caller_name: string | null; caller_name_en: string | null }): string =>
  (language() === 'en' && one.caller_name_en) || one.caller_name || '';
