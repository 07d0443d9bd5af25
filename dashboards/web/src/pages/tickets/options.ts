import { get } from '../../lib/api/client';
import type { OrderRow } from '../../lib/api/types';
import { locale, nameOf, t, word } from '../../lib/i18n/index.svelte';
import { placeOf } from '../../lib/order/place';
import { nearOrders } from '../../lib/tickets/near';
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

const ORDERS = 300;

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

/** Open orders near the ticket in place and time; with a query those whose number or place has it. */
async function orders(desk: TicketDesk, ticket: TicketRow, query: string): Promise<Option[]> {
  const all = await get<OrderRow[]>(`/api/orders?limit=${ORDERS}`);
  const wanted = query.trim().toLowerCase();
  const fits = (order: OrderRow): boolean =>
    [order.number, order.place, order.place_en].some((text) => text?.toLowerCase().includes(wanted));
  const own = all.find(({ id }) => id === ticket.order_id);
  const point: [number, number] | null =
    own && own.lat !== null && own.lon !== null ? [own.lat, own.lon] : null;
  return nearOrders(all.filter(fits), point, ticket.filed_at, ticket.order_id).map(({ order, km }) => ({
    id: order.id,
    field: 'order_id',
    name: order.number,
    says: [placeOf(order), desk.faultName(order.fault_code), word('order_state', order.state)]
      .filter(Boolean)
      .join(' · '),
    aside:
      km === null
        ? clockTime(order.filed_at, serverClock.now, locale())
        : `${t('ticket.near', { km: km.toFixed(1) })} · ${clockTime(order.filed_at, serverClock.now, locale())}`,
  }));
}

async function tickets(ticket: TicketRow, query: string): Promise<Option[]> {
  const search = new URLSearchParams({ view: 'all' });
  if (query.trim()) search.set('q', query.trim());
  const { tickets: found } = await get<TicketList>(`/api/tickets?${search.toString()}`);
  return found
    .filter(({ id }) => id !== ticket.id)
    .map((other) => ({
      id: other.id,
      field: 'ticket_id',
      name: other.number ?? '',
      says: [word('kind', other.kind), other.caller_name, placeOf(other)].filter(Boolean).join(' · '),
      aside: clockTime(other.filed_at, serverClock.now, locale()),
    }));
}
