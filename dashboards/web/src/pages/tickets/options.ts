import { get } from '../../lib/api/client';
import type { OrderRow, Schemas } from '../../lib/api/types';
import { locale, nameOf, t, word } from '../../lib/i18n/index.svelte';
import { placeOf } from '../../lib/order/place';
import { matches } from '../../lib/desk/sorting';
import { found, listPath } from '../../lib/tickets/filter';
import { mergeable } from '../../lib/tickets/near';
import { callerOf } from '../../lib/tickets/caller';
import type { Act, Part } from '../../lib/tickets/acts';
import type { TicketList, TicketRow } from '../../lib/tickets/types';
import { serverClock } from '../../lib/time/clock.svelte';
import { clockTime } from '../../lib/time/format';
import type { TicketDesk } from './desk.svelte';

/** One thing that may be chosen; `field`: what it is called in the act's body. */
export interface Option {
  id: string;
  field: string;
  name: string;
  says: string;
  aside: string;
}

type Duplicate = Schemas['DuplicateRow'];
const ORDERS = 500;

/** What may be chosen for a part of an act, the likeliest first. Raises what the API raises. */
export async function optionsFor(
  part: Exclude<Part, 'words'>,
  desk: TicketDesk,
  act: Act,
  ticket: TicketRow,
  query: string,
): Promise<Option[]> {
  if (part === 'reason') return reasons(desk, act);
  if (part === 'unit') return units(desk);
  return part === 'order' ? orders(desk, ticket, query) : tickets(ticket, query);
}

function reasons({ words }: TicketDesk, { reason }: Act): Option[] {
  if (!reason) return [];
  const { field, list } = reason;
  return words.list(list).map((each) => ({ id: each.code, field, name: nameOf(each), says: '', aside: '' }));
}

function units({ words }: TicketDesk): Option[] {
  const units = words.known?.units ?? [];
  return units.map((unit) => ({ id: unit.id, field: 'unit_id', name: nameOf(unit), says: '', aside: '' }));
}

/**
 * Open orders: those that the server takes for the same fault first, by place, time and line; then
 * by how long apart they were filed. With a query those whose number or place has it.
 */
async function orders(desk: TicketDesk, ticket: TicketRow, query: string): Promise<Option[]> {
  const all = await get<OrderRow[]>(`/api/orders?limit=${ORDERS}`);
  const own = all.find(({ id }) => id === ticket.order_id);
  const alike = new Map((await duplicates(ticket, own)).map((one) => [one.order_id, one]));
  return mergeable(all, alike, ticket)
    .filter((order) => matches([order.number, order.place, order.place_en], query))
    .map((order) => {
      const like = alike.get(order.id);
      const metres = like?.distance_m ?? null;
      const at = clockTime(order.filed_at, serverClock.now, locale());
      return {
        id: order.id,
        field: 'order_id',
        name: order.number,
        says: [like && t('ticket.proposed'), placeOf(order), desk.faultName(order.fault_code), word('order_state', order.state)]
          .filter(Boolean)
          .join(' · '),
        aside: metres === null ? at : `${t('ticket.near', { metres: Math.round(metres) })} · ${at}`,
      };
    });
}

/** What the server proposes; nothing where neither place nor account is known. */
async function duplicates(ticket: TicketRow, own: OrderRow | undefined): Promise<Duplicate[]> {
  const asked = new URLSearchParams({ at: ticket.filed_at });
  if (ticket.customer_id) asked.set('customer_id', ticket.customer_id);
  if (ticket.fault_code) asked.set('fault_code', ticket.fault_code);
  if (own && own.lat !== null && own.lon !== null) {
    asked.set('lat', String(own.lat));
    asked.set('lon', String(own.lon));
  }
  return asked.has('customer_id') || asked.has('lat') ? get<Duplicate[]>(`/api/duplicates?${asked.toString()}`) : [];
}

async function tickets(ticket: TicketRow, query: string): Promise<Option[]> {
  const all = await get<TicketList>(listPath({ view: 'all', kind: '', query: '' }));
  return found(all.tickets, query)
    .filter(({ id }) => id !== ticket.id)
    .map((other) => ({
      id: other.id,
      field: 'ticket_id',
      name: other.number ?? '',
      says: [word('kind', other.kind), callerOf(other), placeOf(other)].filter(Boolean).join(' · '),
      aside: clockTime(other.filed_at, serverClock.now, locale()),
    }));
}
