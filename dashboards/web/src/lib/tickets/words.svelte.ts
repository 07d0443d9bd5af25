import { get } from '../api/client';
import type { Named } from '../api/types';
import { nameOf, word } from '../i18n/index.svelte';
import type { TicketReference } from './types';

/** Lists of codes; units have ids besides. */
export type List = Exclude<keyof TicketReference, 'units'>;

/** What the codes of tickets and follow-ups are called: asked once for a page. */
export class TicketWords {
  known = $state.raw<TicketReference | null>(null);
  private missed = $state(false);

  async load(): Promise<void> {
    try {
      this.known ??= await get<TicketReference>('/api/tickets/reference');
    } catch {
      // The page says by itself that the server is not reached.
      this.missed = true;
    }
  }

  list(list: List): readonly Named[] {
    return this.known?.[list] ?? [];
  }

  /** The name of a code in a list: nothing while it is awaited, the code where it has none. */
  of(list: List, code: string | null | undefined): string {
    if (this.known === null && !this.missed) return '';
    const found = this.list(list).find((each) => each.code === code);
    return found ? nameOf(found) : word('code', code ?? '');
  }

  unit(id: string | null): string {
    const found = this.known?.units.find((each) => each.id === id);
    return found ? nameOf(found) : '';
  }
}
