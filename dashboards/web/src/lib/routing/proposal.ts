import { get } from '../api/client';
import type { OrderRow, Schemas } from '../api/types';
import { language } from '../i18n/index.svelte';

/** Where the routing table sends it now, and why. */
export type Proposal = Schemas['ProposalAnswer'];

/** What is known of a fault that is being told. */
export interface Told {
  fault: string;
  point: readonly [number, number] | null;
  area: string;
  customerId: string | null;
  /** What filing will say: the answers' or a person's; empty: the table's own. */
  trade: string;
}

/** Null where it cannot be asked: a proposal only, all centres can be chosen without it. */
async function ask(query: URLSearchParams): Promise<Proposal | null> {
  try {
    return await get<Proposal>(`/api/routing?${query}`);
  } catch {
    return null;
  }
}

/** Of an order that is filed. */
export const proposalFor = (order: OrderRow): Promise<Proposal | null> =>
  ask(new URLSearchParams({ order_id: order.id }));

/** Of what is being told; null while too little of it is known. */
export async function proposalOf(told: Told): Promise<Proposal | null> {
  if (!told.fault || (!told.point && !told.customerId)) return null;
  const query = new URLSearchParams({ fault_code: told.fault, area_class: told.area });
  if (told.point) {
    query.set('lat', String(told.point[0]));
    query.set('lon', String(told.point[1]));
  }
  if (told.customerId) query.set('customer_id', told.customerId);
  if (told.trade) query.set('trade', told.trade);
  return ask(query);
}

/** The steps of the decision, in the reader's language. */
export const reasonsOf = (proposal: Proposal): string[] =>
  proposal.why.map((step) => (language() === 'zh' ? step.zh : step.en));
