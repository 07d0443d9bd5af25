import { PAGES } from '../api/session';
import type { Session } from '../api/types';
import { t } from '../i18n/index.svelte';
import { plainKey, type KeyLine } from './keyboard';

/** How long after `g` the page's letter counts. */
const WAIT_MS = 1500;

/** The working pages that this person may open. */
export const pagesOf = (session: Session | null): typeof PAGES =>
  PAGES.filter(({ right }) => session?.user.rights.includes(right));

/** Lines for the map of keys. */
export function goKeys(session: Session | null): KeyLine[] {
  const pages = pagesOf(session);
  const find = session?.user.rights.includes('directory.view')
    ? [{ keys: ['Ctrl K'], says: t('find.open') }]
    : [];
  if (pages.length < 2) return find;
  const go = pages.map(({ code, letter }) => ({
    keys: ['g', letter],
    says: t('ui.go.page', { page: t(`ui.page.${code}`) }),
  }));
  return [...find, ...go];
}

/**
 * `g` and a page's letter go to that page. Gives a handler for the capture phase: the second
 * letter must not do what it does alone.
 */
export function goer(session: () => Session | null): (event: KeyboardEvent) => void {
  let since = Number.NEGATIVE_INFINITY;
  return (event) => {
    const key = plainKey(event);
    if (key === null || document.querySelector('dialog[open]')) return;
    const waiting = event.timeStamp - since < WAIT_MS;
    since = !waiting && key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY;
    const page = waiting ? pagesOf(session()).find(({ letter }) => letter === key) : undefined;
    if (!page) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    location.assign(page.path);
  };
}
