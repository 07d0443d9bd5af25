/**
 * What the server answers. The shapes are generated from its OpenAPI document (`npm run api-types`);
 * here codes are narrowed to the words the screens know, and what the document leaves open is named.
 * Times are ISO-8601 UTC strings; lengths of time are seconds.
 */
import type { components } from './schema';

export type Schemas = components['schemas'];
type Narrowed<T, N> = Omit<T, keyof N> & N;

export type Iso = string;
export type Id = string;

export const POINTS = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'] as const;
export type Point = (typeof POINTS)[number];

export type Named = Schemas['Named'];
export type Centre = Schemas['Centre'];
export type CrewRow = Schemas['CrewRow'];
export type VehicleRow = Schemas['VehicleRow'];
export type Stamp = Schemas['StampRow'];
export type Segment = Schemas['SegmentRow'];
export type NewTicket = Schemas['TicketBody'];
export type NewOrder = Schemas['OrderBody'];
export type Candidate = Schemas['CandidateRow'];
export type Duplicate = Schemas['DuplicateRow'];
export type Proposal = Schemas['ProposalRow'];

export type Hop = Pick<
  Schemas['Hop'] | Schemas['AssignmentRow'],
  'attempts' | 'received_at' | 'accepted_at'
>;

export type OrderState =
  | 'scheduled'
  | 'filed'
  | 'released'
  | 'accepted'
  | 'assigned'
  | 'returned'
  | 'finished'
  | 'closed';

export type OrderRow = Narrowed<
  Schemas['OrderRow'],
  { state: OrderState; points: Record<Point, Iso | null> }
>;

export type BoardSnapshot = Narrowed<Schemas['Snapshot'], { orders: OrderRow[] }>;

export type OrderDetail = Narrowed<
  Schemas['OrderPage'],
  {
    order: OrderRow;
    receipts: Narrowed<Schemas['ReceiptRow'], { hop: 'centre' | 'crew' }>[];
  }
>;

export type Session = Schemas['Me'];
/** A crew calls for help. */
export type HelpCall = Schemas['HelpRow'];
export type Reference = Schemas['Reference'];
/** A telephone contact that a ticket may refer to; its end is point A. */
export type Call = Schemas['CallRow'];

/** Who calls: the customers of a number, and what is going on with them. */
export type Caller = Schemas['CallerAnswer'];
export type Customer = Schemas['CallerRow'];
export type SupplyPoint = Schemas['SupplyPointRow'];
export type Contact = Schemas['ContactRow'];
export type Region = Schemas['RegionRow'];

export type DeskSnapshot = Schemas['DeskSnapshot'];

export interface Delta {
  number: number;
  entity:
    | 'order' | 'crew' | 'vehicle' | 'centre' | 'help' | 'call' | 'agent' | 'callback' | 'announcement' | 'carrier' | 'review' | 'anomaly';
  key: string;
  value: OrderRow | CrewRow | VehicleRow | Centre | HelpCall | Call | Schemas['AgentRow'] | Schemas['CallbackRow'] | Schemas['Announcement'] | Schemas['CarrierSilence'] | Schemas['ReviewRow'] | Schemas['AnomalyRow'] | null;
}

export type ServerMessage =
  | { type: 'deltas'; topic: string; items: Delta[] }
  | { type: 'heartbeat'; topic: string; head: number; server_time: Iso; rate?: number }
  | { type: 'resync'; topic: string }
  | { type: 'deliver'; receipt_id: Id; order_id: Id; hop: 'centre' | 'crew'; purpose: string }
  | { type: 'receipt_ok'; receipt_id: Id }
  | { type: 'error'; code: string; receipt_id?: Id };
