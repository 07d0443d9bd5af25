import type { List } from './words.svelte';

export type ActCode =
  | 'order'
  | 'answer'
  | 'contact'
  | 'transfer'
  | 'return'
  | 'relate'
  | 'merge'
  | 'unmerge'
  | 'close'
  | 'reopen'
  | 'acknowledge';

/** What an act still needs to know, in the order in which it is asked. */
export type Part = 'unit' | 'order' | 'ticket' | 'words' | 'reason';

export interface Act {
  code: ActCode;
  right: string;
  /** The letter that does it; what the board has too means the same there. */
  letter: string;
  asks: readonly Part[];
  /** What its words are called in the body; a note may be left empty. */
  words?: 'words' | 'note';
  /** What its last part is called in the body, and where the server lists its codes. */
  reason: { field: 'reason' | 'how' | 'relation'; list: List } | null;
}

/** In the order in which they are shown; which of them fit a ticket, the server says. */
export const ACTS: readonly Act[] = [
  // It opens a form, the same as for a new request; the letter is the same, too.
  { code: 'order', right: 'order.file', letter: 'n', asks: [], reason: null },
  { code: 'answer', right: 'ticket.answer', letter: 'a', asks: ['words'], words: 'words', reason: null },
  { code: 'contact', right: 'ticket.answer', letter: 'i', asks: ['words'], words: 'note', reason: null },
  { code: 'acknowledge', right: 'alert.acknowledge', letter: 'q', asks: [], reason: null },
  {
    code: 'transfer',
    right: 'ticket.work',
    letter: 's',
    asks: ['unit', 'reason'],
    reason: { field: 'reason', list: 'transfer_reasons' },
  },
  {
    code: 'return',
    right: 'ticket.answer',
    letter: 't',
    asks: ['reason'],
    reason: { field: 'reason', list: 'return_reasons' },
  },
  {
    code: 'merge',
    right: 'ticket.merge',
    letter: 'm',
    asks: ['order', 'reason'],
    reason: { field: 'reason', list: 'merge_reasons' },
  },
  {
    code: 'unmerge',
    right: 'ticket.merge',
    letter: 'x',
    asks: ['reason'],
    reason: { field: 'reason', list: 'unmerge_reasons' },
  },
  {
    code: 'relate',
    right: 'ticket.work',
    letter: 'l',
    asks: ['ticket', 'reason'],
    reason: { field: 'relation', list: 'relations' },
  },
  {
    code: 'close',
    right: 'ticket.work',
    letter: 'c',
    asks: ['reason'],
    reason: { field: 'how', list: 'close_ways' },
  },
  {
    code: 'reopen',
    right: 'ticket.work',
    letter: 'o',
    asks: ['reason'],
    reason: { field: 'reason', list: 'reopen_reasons' },
  },
];

/**
 * What this person can do with a ticket whose state allows `may`; relating is always possible, and
 * an order is made of a fault only.
 */
export const possibleActs = (may: readonly string[], rights: ReadonlySet<string>, kind: string): Act[] =>
  ACTS.filter(
    ({ code, right }) =>
      rights.has(right) &&
      (code === 'relate' || may.includes(code)) &&
      (code !== 'order' || kind === 'fault_repair'),
  );
