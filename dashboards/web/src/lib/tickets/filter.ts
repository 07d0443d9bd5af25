import { KINDS, type Kind } from '../intake/draft.svelte';

/** Which tickets: at work, mine, past their time, closed, every one. */
export const VIEWS = ['open', 'mine', 'overdue', 'closed', 'all'] as const;
export type View = (typeof VIEWS)[number];

export interface Filter {
  view: View;
  kind: Kind | '';
  /** A fragment of number, name, telephone, words. */
  query: string;
}

export const OPEN: Filter = { view: 'open', kind: '', query: '' };

/** The filter as the address remembers it; nothing for what stands there at first. */
export function toSearch({ view, kind, query }: Filter): string {
  const found = new URLSearchParams();
  if (view !== 'open') found.set('view', view);
  if (kind) found.set('kind', kind);
  if (query.trim()) found.set('q', query.trim());
  const text = found.toString();
  return text ? `?${text}` : '';
}

/** What an address asks for; words that nobody knows are left out. */
export function fromSearch(search: string): Filter {
  const asked = new URLSearchParams(search);
  return {
    view: VIEWS.find((each) => each === asked.get('view')) ?? 'open',
    kind: KINDS.find((each) => each === asked.get('kind')) ?? '',
    query: asked.get('q') ?? '',
  };
}
