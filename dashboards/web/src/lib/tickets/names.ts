import type { TicketWords } from './words.svelte';

/** What a page calls the codes that stand in a ticket. */
export interface TicketNames {
  readonly words: TicketWords;
  faultName(code: string): string;
  tradeName(code: string): string;
}
