import { ApiProblem, newKey, post } from '../api/client';
import type { Candidate, Id, NewOrder, NewTicket, OrderRow, Reference } from '../api/types';
import { language, t } from '../i18n/index.svelte';
import { evaluate, type Answers, type Guide, type Outcome } from './guide';
import { phonePossible, pointOf, pointText } from './point';

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

/** Who the request came from: the customer, or a public hotline that hands it over. */
export const CHANNELS = ['phone', '12345', '12398'] as const;
export type Channel = (typeof CHANNELS)[number];

export const AREAS = ['urban', 'rural', 'remote'] as const;
export type Area = (typeof AREAS)[number];

/** What an agent writes down; coordinates as text, as they may be half written. */
export interface Fields {
  kind: Kind;
  channel: Channel;
  caller: string;
  phone: string;
  place: string;
  /** What the directory calls the place that was filled in: it goes with it, until somebody writes another. */
  address: { zh: string; en: string } | null;
  fault: string;
  coordinates: string;
  /** What the coordinates that were filled in are from: it goes with them, until somebody writes others. */
  origin: Origin | null;
  area: Area;
  urgency: number;
  /** Empty: the one that the guide, or else the fault, names. */
  trade: string;
  description: string;
  customerId: Id | null;
  /** To guided questions, by fault type: what was answered for another one is not lost. */
  answers: Readonly<Record<string, Answers>>;
}
export type Name = keyof Fields;

/** How long each may be, as the server has it; characters. */
export const LONGEST = { caller: 100, phone: 40, place: 500, coordinates: 60, description: 4000 } as const;

/** Which field of the form a field of a request is; what is not here is told at the foot. */
const FIELD_OF: Readonly<Record<string, Name>> = {
  caller_name: 'caller',
  caller_phone: 'phone',
  description: 'description',
  customer_id: 'customerId',
  kind: 'kind',
  channel: 'channel',
  fault_code: 'fault',
  place: 'place',
  place_en: 'place',
  lat: 'coordinates',
  lon: 'coordinates',
  source: 'coordinates',
  uncertainty_m: 'coordinates',
  premise_id: 'place',
  node: 'place',
  area_class: 'area',
  urgency: 'urgency',
  trade: 'trade',
};

/** What a point is from. `uncertaintyM` null: as usual for its source. */
export interface Origin {
  source: NonNullable<NewOrder['source']>;
  coordinates: string;
  uncertaintyM: number | null;
  premiseId: Id | null;
  /** Number of a pole, cabinet or other device. */
  node: string | null;
}

/** Sources that name a thing, not only an area: the thing's own words say where it is. */
const EXACT: ReadonlySet<string> = new Set(['meter', 'premise', 'pole', 'cabinet', 'transformer', 'landmark', 'substation']);

const EMPTY: Fields = {
  kind: 'fault_repair',
  channel: 'phone',
  caller: '',
  phone: '',
  place: '',
  address: null,
  fault: '',
  coordinates: '',
  origin: null,
  area: 'urban',
  urgency: 0,
  trade: '',
  description: '',
  customerId: null,
  answers: {},
};

/** Who proposes how urgent it is; the highest counts until a person judges. */
export type Proposer = 'customer' | 'guide';

/** What filing made: always a ticket, an order where there is something to repair. */
export interface Filed {
  ticketId: Id;
  order: OrderRow | null;
}

/** A ticket that was there before: what it says stays; its order is what is written. */
export interface Given {
  id: Id;
  /** Its number, and how and when it came, in words. */
  said: string;
  /** It has answers to guided questions of its own; they stay. */
  guided: boolean;
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
  /** What the server said no to, at the field that it is about. */
  refused = $state.raw<Readonly<Partial<Record<Name, string>>>>({});
  #touched = $state.raw<ReadonlySet<Name>>(new Set());
  #keys = { ticket: newKey(), order: newKey() };
  #ticketId: Id | null = null;
  readonly #slot: string;

  /** The call it was told in. */
  callId = $state<Id | null>(null);

  /** `store` null: it lives as long as the page. `given`: the ticket that an order is made of. */
  constructor(
    callId: Id | null,
    private readonly store: Storage | null = sessionStorage,
    readonly given: Given | null = null,
  ) {
    this.callId = callId;
    this.#slot = `paidan.draft.${given ? `ticket.${given.id}` : (callId ?? 'none')}`;
    this.#restore();
    this.#ticketId ??= given?.id ?? null;
  }

  readonly point = $derived(pointOf(this.fields.coordinates));
  /** What the point is from, as long as it is that point. */
  readonly origin = $derived(
    this.fields.origin?.coordinates === this.fields.coordinates ? this.fields.origin : null,
  );
  readonly isRepair = $derived.by(() => this.given !== null || this.fields.kind === 'fault_repair');
  /** The questions of the fault type; null: none, or not here yet. */
  guide = $state.raw<Guide | null>(null);
  /** The account's state in the directory, which may be the cause. */
  accountState = $state('active');
  readonly answers: Answers = $derived(this.fields.answers[this.fields.fault] ?? {});
  readonly outcome: Outcome | null = $derived(
    this.guide?.code === this.fields.fault && this.isRepair
      ? evaluate(this.guide, this.answers, this.accountState)
      : null,
  );
  #proposed = $state.raw<Readonly<Record<Proposer, number>>>({ customer: 0, guide: 0 });
  /** How urgent it is by what is known; a person may judge otherwise. */
  readonly proposedUrgency = $derived(Math.max(this.#proposed.customer, this.#proposed.guide));
  readonly urgencyOverridden = $derived(
    this.#touched.has('urgency') && this.fields.urgency !== this.proposedUrgency,
  );
  readonly tradeOverridden = $derived(
    this.outcome !== null && this.fields.trade !== '' && this.fields.trade !== this.outcome.trade,
  );
  /** The ticket is filed, its order not yet. */
  begun = $state(false);
  /** Has somebody written anything? */
  readonly dirty = $derived(this.#touched.size > 0);

  tradeOf(reference: Reference | null): string | undefined {
    const usual = reference?.fault_codes.find((each) => each.code === this.fields.fault)?.trade;
    return this.fields.trade || (this.outcome?.trade ?? usual);
  }

  /** An answer to the guide's question; null takes it back. What comes after it stays known. */
  answer(question: string, answer: string | null): void {
    const { [question]: _, ...others } = this.answers;
    const mine = answer === null ? others : { ...others, [question]: answer };
    this.write('answers', { ...this.fields.answers, [this.fields.fault]: mine });
    this.followGuide();
  }

  /** Let go of a person's judgement: urgency and trade follow what is known again. */
  letGo(): void {
    this.#touched = new Set([...this.#touched].filter((each) => each !== 'urgency' && each !== 'trade'));
    this.fields.trade = '';
    this.fields.urgency = this.proposedUrgency;
    this.#keep();
  }

  /** What the answers say of the urgency, where nobody judged otherwise. */
  followGuide(): void {
    this.propose('guide', this.outcome?.urgency ?? 0);
  }

  propose(by: Proposer, urgency: number): void {
    if (this.#proposed[by] === urgency) return;
    this.#proposed = { ...this.#proposed, [by]: urgency };
    this.fill({ urgency: this.proposedUrgency });
  }

  /** A person wrote what can be no number. One that a call came with is taken as it is. */
  readonly phoneBad = $derived(this.#touched.has('phone') && !phonePossible(this.fields.phone));

  /** Is everything there that filing needs, and possible? */
  get ready(): boolean {
    const { place, fault } = this.fields;
    if (this.phoneBad) return false;
    return !this.isRepair || (place.trim() !== '' && fault !== '' && this.point !== null);
  }

  /** A person wrote or chose it. */
  write<N extends Name>(name: N, value: Fields[N]): void {
    this.fields[name] = value;
    this.#touched = new Set(this.#touched).add(name);
    if (this.refused[name]) this.refused = { ...this.refused, [name]: undefined };
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

  /** A person chose one of the places that were found. */
  locate(one: Candidate): void {
    const coordinates = pointText(one.lat, one.lon);
    this.write('coordinates', coordinates);
    this.fields.origin = {
      source: one.source as Origin['source'],
      coordinates,
      uncertaintyM: one.uncertainty_m,
      premiseId: one.premise_id,
      node: one.node,
    };
    // A street alone would take the number away that somebody wrote.
    if (EXACT.has(one.source) || this.fields.place.trim() === '') {
      this.fields.address = { zh: one.label_zh, en: one.label_en };
      this.write('place', language() === 'en' ? one.label_en : one.label_zh);
    }
    if (one.customer_id && !this.fields.customerId) this.write('customerId', one.customer_id);
    this.#keep();
  }

  /** File the ticket and, for a repair, its order. Null where something is missing or refused. */
  async file(reference: Reference | null): Promise<Filed | null> {
    this.tried = true;
    if (this.busy || !this.ready) return null;
    this.busy = true;
    this.problem = '';
    this.refused = {};
    try {
      this.#ticketId ??= (await post<{ id: Id }>('/api/tickets', this.#ticket(), this.#keys.ticket)).id;
      this.begun = true;
      this.#keep();
      const order = this.isRepair
        ? await post<OrderRow>('/api/orders', this.#order(this.#ticketId, reference), this.#keys.order)
        : null;
      this.begun = false;
      this.discard();
      return { ticketId: this.#ticketId, order };
    } catch (error) {
      this.#explain(error);
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

  /** It has served: nothing of it is found after a reload. */
  discard(): void {
    this.store?.removeItem(this.#slot);
  }

  #ticket(): NewTicket {
    const { kind, channel, phone, caller, description, customerId } = this.fields;
    const said: NewTicket = { kind, channel };
    if (this.callId) said.call_id = this.callId;
    if (phone.trim()) said.caller_phone = phone.trim();
    if (caller.trim()) said.caller_name = caller.trim();
    if (description.trim()) said.description = description.trim();
    if (customerId) said.customer_id = customerId;
    const guided = this.#guided();
    return guided ? { ...said, guide: guided } : said;
  }

  /** The answers on the way through the guide; an enquiry keeps those that made it one. */
  #guided(): { fault_code: string; answers: Record<string, string> } | null {
    const { guide } = this;
    if (guide?.code !== this.fields.fault) return null;
    const { steps } = evaluate(guide, this.answers);
    if (steps.length === 0) return null;
    const answers = Object.fromEntries(steps.map(({ question, answer }) => [question.id, answer]));
    return { fault_code: guide.code, answers };
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
    const guided = this.given && !this.given.guided ? this.#guided() : null;
    if (guided) order.guide = guided;
    const { origin } = this;
    if (origin) {
      order.source = origin.source;
      if (origin.uncertaintyM !== null) order.uncertainty_m = origin.uncertaintyM;
      if (origin.premiseId) order.premise_id = origin.premiseId;
      if (origin.node) order.node = origin.node;
    }
    return order;
  }

  /** Each mistake goes to its field; the rest, or where nothing was heard, to the foot. */
  #explain(error: unknown): void {
    if (!(error instanceof ApiProblem)) {
      this.problem = t('file.not_reached');
      return;
    }
    const refused: Partial<Record<Name, string>> = {};
    const others: string[] = [];
    for (const { field, message } of error.fields) {
      const name = FIELD_OF[field.split('.').at(-1) ?? ''];
      if (name && name !== 'customerId') refused[name] ??= message;
      else if (!error.detail.includes(message)) others.push(message);
    }
    this.refused = refused;
    const named = Object.keys(refused).length > 0 && others.length === 0;
    this.problem = named ? t('file.refused') : [error.detail, ...others].join(' ');
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
      if (!this.#touched.has('urgency')) this.fields.urgency = 0;
      this.#keys = kept.keys;
      this.#ticketId = kept.ticketId;
      this.begun = kept.ticketId !== null;
    } catch {
      this.store?.removeItem(this.#slot);
    }
  }
}
