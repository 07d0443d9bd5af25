import { get } from '../../lib/api/client';
import type { Caller, OrderDetail, OrderRow } from '../../lib/api/types';
import { language, locale } from '../../lib/i18n/index.svelte';
import { knownOf, urgencyOf } from '../../lib/directory/known';
import { Draft, type Area, type Fields } from '../../lib/intake/draft.svelte';
import { pointText } from '../../lib/intake/point';
import type { TicketPage } from '../../lib/tickets/types';
import type { TicketWords } from '../../lib/tickets/words.svelte';
import { serverClock } from '../../lib/time/clock.svelte';
import { clockTime } from '../../lib/time/format';

/** A form for the order of a ticket, with all that the ticket and the directory know filled in. */
export function orderDraft(page: TicketPage, words: TicketWords): Draft {
  const { ticket, guided } = page;
  const came = [words.of('channels', ticket.channel), clockTime(ticket.filed_at, serverClock.now, locale())].join(' ');
  const draft = new Draft(ticket.call_id, sessionStorage, {
    id: ticket.id,
    said: [ticket.number, came].filter(Boolean).join(' · '),
    guided: guided !== null,
  });
  const fault = ticket.fault_code ?? '';
  draft.fill({
    phone: ticket.caller_phone ?? '',
    caller: ticket.caller_name ?? '',
    description: ticket.description ?? '',
    customerId: ticket.customer_id,
    fault,
    urgency: guided?.urgency ?? 0,
    answers: guided
      ? { [guided.fault_code]: Object.fromEntries(guided.answers.map((each) => [each.question, each.answer])) }
      : {},
  });
  void fill(page, draft);
  return draft;
}

/** What is not with the ticket: where its earlier order was, else where the customer is supplied. */
async function fill({ ticket, orders }: TicketPage, draft: Draft): Promise<void> {
  try {
    const earlier = orders.findLast(({ role }) => role !== 'follow_on');
    if (earlier) draft.fill(placeOfOrder((await get<OrderDetail>(`/api/orders/${earlier.id}`)).order));
    else if (ticket.caller_phone) await fromDirectory(ticket.caller_phone, draft);
  } catch {
    // Nobody answers: the place is written by hand.
  }
}

function placeOfOrder({ place, place_en, lat, lon, area_class, fault_code }: OrderRow): Partial<Fields> {
  const known: Partial<Fields> = { area: area_class as Area, fault: fault_code };
  if (place) known.place = (language() === 'en' && place_en) || place;
  if (place && place_en) known.address = { zh: place, en: place_en };
  if (lat !== null && lon !== null) known.coordinates = pointText(lat, lon);
  return known;
}

/** Of the account that the ticket names, or the number's only one. */
async function fromDirectory(number: string, draft: Draft): Promise<void> {
  const { customers } = await get<Caller>(`/api/callers?number=${encodeURIComponent(number)}`);
  const asked = draft.fields.customerId;
  const one = customers.length === 1 ? customers[0] : undefined;
  const customer = asked ? customers.find((each) => each.customer_id === asked) : one;
  if (!customer) return;
  const { caller: _, ...known } = knownOf(customer);
  draft.fill(known);
  draft.propose('customer', urgencyOf(customer));
}
