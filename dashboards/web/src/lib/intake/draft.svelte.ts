import { ApiProblem, newKey, post } from '../api/client';
import type { Id, NewOrder, NewTicket, OrderRow, Reference } from '../api/types';
import { t } from '../i18n/index.svelte';
import { pointOf } from './point';

export const KINDS = [
  'fault_repair',
  'enquiry',
  'complaint',
  'report',
  'opinion',
  'suggestion',
  'service_request',
  'praise',
] as const;
export type Kind = (typeof KINDS)[number];

export const AREAS = ['urban', 'rural', 'remote'] as const;
export type Area = (typeof AREAS)[number];

/** Faults that endanger people by themselves, and the urgency they are proposed with. */
const DANGEROUS: Record<string, number> = { wires_down: 3 };

/** What an agent writes down; coordinates as text, as they may be half written. */
export interface Fields {
  kind: Kind;
  caller: string;
  phone: string;
  place: string;
  /** What the directory calls the place that was filled in: it goes with it, until somebody writes another. */
  address: { zh: string; en: string } | null;
  fault: string;
  coordinates: string;
  area: Area;
  urgency: number;
  description: string;
  customerId: Id | null;
}
type Name = keyof Fields;

const EMPTY: Fields = {
  kind: 'fault_repair',
  caller: '',
  phone: '',
  place: '',
  address: null,
  fault: '',
  coordinates: '',
  area: 'urban',
  urgency: 0,
  description: '',
  customerId: null,
};

/** What filing made: always a ticket, an order where there is something to repair. */
export interface Filed {
  ticketId: Id;
  order: OrderRow | null;
}

/** Kept with the text, so that sending again after a reload never files twice. */
interface Kept {
  fields: Fields;
  touched: Name[];
  keys: { ticket: string; order: string };
  ticketId: Id | null;
}

/**
 * A ticket and its order while they are being written, of one call or of none. It outlives a
 * reload of the page and a lost connection; what a person wrote is never overwritten by a guess.
 */
export class Draft {
  fields = $state<Fields>({ ...EMPTY });
  busy = $state(false);
  /** It was tried to file: from then on what is missing is marked. */
  tried = $state(false);
  problem = $state('');
  #touched = $state.raw<ReadonlySet<Name>>(new Set());
  #keys = { ticket: newKey(), order: newKey() };
  #ticketId: Id | null = null;
  readonly #slot: string;

  /** The call it was told in. */
  callId = $state<Id | null>(null);

  /** `store` null: it lives as long as the page. */
  constructor(
    callId: Id | null,
    private readonly store: Storage | null = sessionStorage,
  ) {
    this.callId = callId;
    this.#slot = `paidan.draft.${callId ?? 'none'}`;
    this.#restore();
  }

  readonly point = $derived(pointOf(this.fields.coordinates));
  readonly isRepair = $derived(this.fields.kind === 'fault_repair');
  /** The ticket is filed, its order not yet. */
  begun = $state(false);
  /** Has somebody written anything? */
  readonly dirty = $derived(this.#touched.size > 0);

  tradeOf(reference: Reference | null): string | undefined {
    return reference?.fault_codes.find((each) => each.code === this.fields.fault)?.trade;
  }

  /** Is everything there that filing needs? */
  get ready(): boolean {
    const { place, fault } = this.fields;
    return !this.isRepair || (place.trim() !== '' && fault !== '' && this.point !== null);
  }

  /** A person wrote or chose it. */
  write<N extends Name>(name: N, value: Fields[N]): void {
    this.fields[name] = value;
    this.#touched = new Set(this.#touched).add(name);
    const danger = name === 'fault' ? DANGEROUS[String(value)] : undefined;
    if (danger !== undefined) this.fill({ urgency: Math.max(danger, this.fields.urgency) });
    this.#keep();
  }

  /** A person says whose account it is: what is known of it takes the place of earlier guesses. */
  choose(customerId: Id, known: Partial<Fields>): void {
    this.fill(known);
    this.write('customerId', customerId);
  }

  /** What is known, into the fields that nobody has written in. */
  fill(known: Partial<Fields>): void {
    for (const [name, value] of Object.entries(known)) {
      if (!this.#touched.has(name as Name)) Object.assign(this.fields, { [name]: value });
    }
  }

  /** File the ticket and, for a repair, its order. Null where something is missing or refused. */
  async file(reference: Reference | null): Promise<Filed | null> {
    this.tried = true;
    if (this.busy || !this.ready) return null;
    this.busy = true;
    this.problem = '';
    try {
      this.#ticketId ??= (await post<{ id: Id }>('/api/tickets', this.#ticket(), this.#keys.ticket)).id;
      this.begun = true;
      this.#keep();
      const order = this.isRepair
        ? await post<OrderRow>('/api/orders', this.#order(this.#ticketId, reference), this.#keys.order)
        : null;
      this.begun = false;
      this.store?.removeItem(this.#slot);
      return { ticketId: this.#ticketId, order };
    } catch (error) {
      this.problem = explain(error);
      // What the server refused may be changed and sent anew; where the outcome is unknown it may not.
      if (error instanceof ApiProblem && error.status < 500) {
        this.#keys[this.#ticketId ? 'order' : 'ticket'] = newKey();
      }
      this.#keep();
      return null;
    } finally {
      this.busy = false;
    }
  }

  #ticket(): NewTicket {
    const { kind, phone, caller, description, customerId } = this.fields;
    const said: NewTicket = { kind, channel: 'phone' };
    if (this.callId) said.call_id = this.callId;
    if (phone.trim()) said.caller_phone = phone.trim();
    if (caller.trim()) said.caller_name = caller.trim();
    if (description.trim()) said.description = description.trim();
    if (customerId) Object.assign(said, { customer_id: customerId });
    return said;
  }

  #order(ticketId: Id, reference: Reference | null): NewOrder {
    const { fault, place, address, area, urgency } = this.fields;
    const order: NewOrder = {
      ticket_id: ticketId,
      fault_code: fault,
      place: place.trim(),
      area_class: area,
      urgency,
      trade: this.tradeOf(reference) ?? 'any',
    };
    if (address && [address.zh, address.en].includes(place.trim())) {
      order.place = address.zh;
      order.place_en = address.en;
    }
    if (this.point) [order.lat, order.lon] = this.point;
    return order;
  }

  #keep(): void {
    const kept: Kept = {
      fields: $state.snapshot(this.fields),
      touched: [...this.#touched],
      keys: this.#keys,
      ticketId: this.#ticketId,
    };
    try {
      this.store?.setItem(this.#slot, JSON.stringify(kept));
    } catch {
      // Storage is full or forbidden: the draft lives as long as the page.
    }
  }

  #restore(): void {
    const text = this.store?.getItem(this.#slot);
    if (!text) return;
    try {
      const kept = JSON.parse(text) as Kept;
      this.fields = { ...EMPTY, ...kept.fields };
      this.#touched = new Set(kept.touched);
      this.#keys = kept.keys;
      this.#ticketId = kept.ticketId;
      this.begun = kept.ticketId !== null;
    } catch {
      this.store?.removeItem(this.#slot);
    }
  }
}

function explain(error: unknown): string {
  if (!(error instanceof ApiProblem)) return t('file.not_reached');
  const fields = error.fields.map(({ field, message }) => `${field}: ${message}`);
  return [error.detail, ...fields.filter((said) => !error.detail.includes(said))].join(' ');
}
