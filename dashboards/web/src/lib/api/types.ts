/** What the server answers. Times are ISO-8601 UTC strings; lengths of time are seconds. */

export type Iso = string;
export type Id = string;

export const POINTS = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'] as const;
export type Point = (typeof POINTS)[number];

export const SEGMENTS = ['AB', 'BC', 'CD', 'DE', 'EF', 'FG', 'GH'] as const;
export type SegmentCode = (typeof SEGMENTS)[number];

export interface Named {
  code: string;
  name_zh: string;
  name_en: string;
}

export interface Unit extends Named {
  id: Id;
  kind: string;
}

export interface User {
  id: Id;
  login: string;
  name: string;
  role: string;
  unit: Unit;
  scope: 'all' | 'centre' | 'crew';
  rights: string[];
}

export interface Session {
  user: User;
  csrf_token: string;
  server_time: Iso;
  organisation: Named;
}

export type OrderState =
  | 'filed'
  | 'released'
  | 'accepted'
  | 'assigned'
  | 'returned'
  | 'finished'
  | 'closed';

export interface Hop {
  id: Id;
  attempt: number;
  sent_at: Iso | null;
  received_at: Iso | null;
  accepted_at: Iso | null;
  attempts: number;
}

export type AssignmentState =
  | 'sent'
  | 'accepted'
  | 'active'
  | 'departed'
  | 'arrived'
  | 'finished';

export interface Assignment extends Hop {
  queued: boolean;
  state: AssignmentState;
  crew_id: Id | null;
  vehicle_id: Id | null;
  departed_at: Iso | null;
  arrived_at: Iso | null;
}

export interface Holder {
  code: 'hotline' | 'centre' | 'crew' | 'network' | 'none';
  unit_id: Id | null;
  since: Iso | null;
}

export interface Running {
  segment: string;
  from: Iso | null;
  limit_s: number | null;
}

export type PromiseState = 'running' | 'met' | 'broken' | 'unknown';

export interface PromiseRow {
  due_at: Iso | null;
  limit_s: number | null;
  state: PromiseState;
}

export interface Alert {
  id: Id;
  code: string;
  kind: 'breach' | 'alarm';
  since: Iso | null;
  acknowledged: boolean;
  running: boolean;
}

export interface OrderRow {
  id: Id;
  number: string;
  kind: string;
  fault_code: string;
  place: string | null;
  lat: number | null;
  lon: number | null;
  area_class: string;
  urgency: number;
  trade: string;
  state: OrderState;
  filed_at: Iso;
  centre_id: Id | null;
  hop: Hop | null;
  assignment: Assignment | null;
  holder: Holder;
  points: Record<Point, Iso | null>;
  running: Running | null;
  promise: PromiseRow;
  alerts: Alert[];
  chase_ups: number;
  recall_unconfirmed: boolean;
  version: number;
}

export type CrewState = 'free' | 'busy' | 'away';

export interface CrewRow extends Named {
  id: Id;
  centre_id: Id | null;
  trade: string;
  state: CrewState;
  active_order: string | null;
  queue: number;
  vehicle_id: Id | null;
}

export interface VehicleRow {
  id: Id;
  plate: string;
  crew_id: Id | null;
  centre_id: Id | null;
  lat: number | null;
  lon: number | null;
  speed_kmh: number | null;
  course_deg: number | null;
  fix_at: Iso | null;
}

export interface Centre extends Named {
  id: Id;
}

export interface BoardSnapshot {
  topic: string;
  number: number;
  server_time: Iso;
  orders: OrderRow[];
  crews: CrewRow[];
  vehicles: VehicleRow[];
  centres: Centre[];
  policy: { code: string; version: number };
}

export interface Stamp {
  id: Id;
  point: string;
  at: Iso;
  recorded_at: Iso;
  source: string;
  by: string | null;
  uncertainty_s: number | null;
  evidence: { kind: string; ref: string | null } | null;
  assignment_id: Id | null;
  counts: boolean;
  correction_reason: string | null;
}

export type SegmentState = 'done' | 'running' | 'pending' | 'unknown' | 'anomaly';

export interface Segment {
  /** `AH` is the whole promise. */
  code: SegmentCode | 'AH';
  from_point: string;
  to_point: string;
  start: Iso | null;
  end: Iso | null;
  limit_s: number | null;
  spent_s: number | null;
  state: SegmentState;
  within: boolean | null;
  slack_s: number | null;
  responsible: Named;
  marks: string[];
}

export interface OrderDetail {
  order: OrderRow;
  ticket: null | {
    kind: string;
    channel: string;
    description: string | null;
    caller_name: string | null;
    caller_phone: string | null;
  };
  stamps: Stamp[];
  segments: Segment[];
  promise: {
    limit_s: number | null;
    due_at: Iso | null;
    left_s: number | null;
    state: PromiseState;
    spent_by: { responsible: Named; over_s: number }[];
  };
  history: { at: Iso; type: string; by: string | null; detail: unknown }[];
  receipts: {
    hop: 'centre' | 'crew';
    purpose: string;
    target_unit_id: Id;
    device: string | null;
    status: string;
    sent_at: Iso | null;
    received_at: Iso | null;
    attempts: number;
  }[];
}

export interface Reference {
  fault_codes: (Named & { trade: string })[];
  reasons: Named[];
  trades: Named[];
  segments: Named[];
  points: Named[];
  parties: Named[];
}

export interface NewTicket {
  kind: 'fault_repair';
  channel: 'phone';
  caller_phone?: string;
  caller_name?: string;
  description?: string;
  call_id?: string;
}

export interface NewOrder {
  ticket_id: Id;
  fault_code: string;
  place: string;
  lat: number;
  lon: number;
  area_class: string;
  urgency: number;
  trade: string;
}

export type Entity = 'order' | 'crew' | 'vehicle';

export interface Delta {
  number: number;
  entity: Entity;
  key: string;
  value: OrderRow | CrewRow | VehicleRow | null;
}

export type ServerMessage =
  | { type: 'deltas'; topic: string; items: Delta[] }
  | { type: 'heartbeat'; topic: string; head: number; server_time: Iso }
  | { type: 'resync'; topic: string }
  | { type: 'deliver'; receipt_id: Id; order_id: Id; hop: 'centre' | 'crew'; purpose: string }
  | { type: 'error'; code: string; receipt_id?: Id }
  | { type: 'receipt_ok'; receipt_id: Id };
