import { get } from '../api/client';
import type { Named } from '../api/types';
import { nameOf, word } from '../i18n/index.svelte';
import type { TicketReference } from './types';

/** Lists of codes; units have ids besides. */
export type List = Exclude<keyof TicketReference, 'units'>;

/** What the codes of tickets and follow-ups are called: asked once for a page. */
export class TicketWords {
  known = $state.raw<TicketReference | null>(null);

  async load(): Promise<void> {
    try {
      this.known ??= await get<TicketReference>('/api/tickets/reference');
    } catch {
      // Codes stand for themselves; the page says by itself that the server is not reached.
    }
  }

  list(list: List): readonly Named[] {
    return this.known?.[list] ?? [];
  }

  /** The name of a code in a list; the code itself where it is not there. */
  of(list: List, code: string | null | undefined): string {
    const found = this.list(list).find((each) => each.code === code);
    return found ? nameOf(found) : word('code', code ?? '');
  }

  unit(id: string | null): string {
    const found = this.known?.units.find((each) => each.id === id);
    return found ? nameOf(found) : '';
  }
}
