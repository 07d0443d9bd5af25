import { matches } from '../desk/sorting';
import { KINDS, type Kind } from '../intake/draft.svelte';
import type { TicketRow, TicketState } from './types';

/** Which tickets: at work, faults without an order, mine, past their time, closed, every one. */
export const VIEWS = ['open', 'unordered', 'mine', 'overdue', 'closed', 'all'] as const;
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

const AT_WORK: readonly TicketState[] = ['open', 'ordered', 'merged', 'transferred', 'returned', 'answered', 'follow_up'];
/** As many as the server gives at once; what is older is found by narrowing. */
const LIMIT = 500;
/** Signs of a fragment that the server takes. */
const LONGEST = 100;

/** What the server is asked for; the fragment is looked for in what it gives, in older ones there. */
export function listPath({ view, kind }: Filter): string {
  const asked = new URLSearchParams();
  if (view === 'closed') asked.append('state', 'closed');
  if (view === 'open' || view === 'mine') for (const state of AT_WORK) asked.append('state', state);
  if (view === 'unordered') asked.set('unordered', 'true');
  if (view === 'mine') asked.set('mine', 'true');
  if (view === 'overdue') asked.set('overdue', 'true');
  if (kind) asked.set('kind', kind);
  asked.set('limit', String(LIMIT));
  return `/api/tickets?${asked.toString()}`;
}

/** Where the server looks for the fragment in all of them, also in those that are not listed. */
export function olderPath(filter: Filter): string | null {
  const query = filter.query.trim().slice(0, LONGEST);
  return query ? `${listPath(filter)}&${new URLSearchParams({ q: query }).toString()}` : null;
}

/** Those that are listed, then those of `older` that are not among them. */
export function withOlder(listed: readonly TicketRow[], older: readonly TicketRow[]): readonly TicketRow[] {
  const known = new Set(listed.map(({ id }) => id));
  const more = older.filter(({ id }) => !known.has(id));
  return more.length ? [...listed, ...more] : listed;
}

/** Those that have every word of the fragment in number, name, telephone, words, place or order. */
export const found = (tickets: readonly TicketRow[], query: string): readonly TicketRow[] =>
  query.trim() === ''
    ? tickets
    : tickets.filter((one) =>
        matches(
          [one.number, one.caller_name, one.caller_name_en, one.caller_phone, one.description, one.place, one.place_en, one.order_number],
          query,
        ),
      );

/** What an address asks for; words that nobody knows are left out. */
export function fromSearch(search: string): Filter {
  const asked = new URLSearchParams(search);
  return {
    view: VIEWS.find((each) => each === asked.get('view')) ?? 'open',
    kind: KINDS.find((each) => each === asked.get('kind')) ?? '',
    query: asked.get('q') ?? '',
  };
}
