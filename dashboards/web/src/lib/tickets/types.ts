import type { Id, Iso, Named } from '../api/types';

export type TicketState =
  | 'open'
  | 'ordered'
  | 'merged'
  | 'transferred'
  | 'returned'
  | 'answered'
  | 'follow_up'
  | 'closed';
export type Outcome = 'reached' | 'not_reached' | 'refused';
export type Satisfaction = 'satisfied' | 'neutral' | 'dissatisfied';

export interface TicketRow {
  id: Id;
  number: string | null;
  kind: string;
  channel: string;
  state: TicketState;
  filed_at: Iso;
  filed_by: Id | null;
  filed_by_name: string | null;
  due_at: Iso | null;
  clock_started_at: Iso | null;
  call_id: Id | null;
  customer_id: Id | null;
  caller_name: string | null;
  caller_phone: string | null;
  description: string | null;
  unit_id: Id | null;
  order_id: Id | null;
  order_number: string | null;
  order_state: string | null;
  fault_code: string | null;
  urgency: number | null;
  place: string | null;
  place_en: string | null;
  attachments: number;
  customer_side: string | null;
  closed_at: Iso | null;
  closed_how: string | null;
}
export interface TicketList {
  tickets: TicketRow[];
  more: boolean;
}
export interface GuidedAnswer {
  question: string;
  answer: string;
  question_zh: string | null;
  question_en: string | null;
  answer_zh: string | null;
  answer_en: string | null;
}
export interface Guided {
  fault_code: string;
  version: number;
  answers: GuidedAnswer[];
  urgency: number | null;
  trade: string | null;
  customer_side: string | null;
}
export interface Related {
  id: Id;
  number: string | null;
  kind: string;
  state: TicketState;
  relation: string;
  mine: boolean;
}
export interface Attachment {
  id: Id;
  name: string;
  content_type: string;
  size: number;
  attached_at: Iso;
  attached_by: string | null;
  hidden: boolean;
}
export interface TicketOrder {
  id: Id;
  number: string;
  state: string;
  role: 'shared' | 'follow_on' | 'earlier';
  relation: string | null;
  fault_code: string;
  urgency: number;
  trade: string;
  chase_ups: number;
  tickets: number;
  place: string | null;
  place_en: string | null;
  appointment_at: Iso | null;
}
export interface TicketFact {
  at: Iso;
  type: string;
  by: string | null;
  detail: Record<string, string | number | boolean | null>;
  words: string | null;
}
export interface FollowUpTry {
  attempt: number;
  at: Iso;
  by: string | null;
  outcome: Outcome;
  satisfaction: Satisfaction | null;
  words: string | null;
}
export interface FollowUp {
  id: Id;
  ticket_id: Id;
  ticket_number: string | null;
  kind: string;
  customer_id: Id | null;
  caller_name: string | null;
  phones: string[];
  order_id: Id | null;
  order_number: string | null;
  fault_code: string | null;
  place: string | null;
  place_en: string | null;
  restored_at: Iso | null;
  closed_outcome: string | null;
  state: 'open' | 'claimed' | 'done' | 'dropped';
  opened_at: Iso;
  due_at: Iso;
  next_at: Iso | null;
  tries: FollowUpTry[];
  claimed_by: Id | null;
  claimed_by_name: string | null;
  claimed_at: Iso | null;
  outcome: Outcome | null;
  satisfaction: Satisfaction | null;
  complaint_id: Id | null;
  complaint_number: string | null;
  ended_at: Iso | null;
}
export interface FollowUpList {
  server_time: Iso;
  follow_ups: FollowUp[];
  more: boolean;
}
export interface TriedAnswer {
  follow_up: FollowUp;
  complaint: TicketRow | null;
}
export interface TicketPage {
  ticket: TicketRow;
  may: string[];
  guided: Guided | null;
  clock: { at: Iso; source: string; evidence: string | null; uncertainty_s: number } | null;
  orders: TicketOrder[];
  related: Related[];
  attachments: Attachment[];
  follow_ups: FollowUp[];
  history: TicketFact[];
}
export interface TransferUnit extends Named {
  id: Id;
  kind: string;
}
export interface TicketReference {
  kinds: Named[];
  channels: Named[];
  states: Named[];
  relations: Named[];
  merge_reasons: Named[];
  unmerge_reasons: Named[];
  return_reasons: Named[];
  transfer_reasons: Named[];
  reopen_reasons: Named[];
  close_ways: Named[];
  hide_reasons: Named[];
  take_over_reasons: Named[];
  outcomes: Named[];
  satisfactions: Named[];
  follow_ons: Named[];
  units: TransferUnit[];
}
export interface GuideAnswer {
  code: string;
  version: number;
  urgency: number;
  trade: string;
  first: string;
  questions: {
    id: string;
    kind: 'yes_no' | 'choice' | 'number';
    zh: string;
    en: string;
    minimum: number | null;
    maximum: number | null;
    choices: {
      code: string;
      zh: string;
      en: string;
      next: string;
      at_least: number | null;
      below: number | null;
      urgency: number | null;
      trade: string | null;
      skill: string | null;
      customer_side: string | null;
      hazard: string | null;
    }[];
  }[];
  hazards: { code: string; zh: string; en: string }[];
  customer_sides: { code: string; zh: string; en: string }[];
  skills: { code: string; zh: string; en: string }[];
}
export type FollowOn = 'made_safe' | 'other_trade' | 'second_crew' | 'materials' | 'appointment';
export interface FollowOnBody {
  kind: FollowOn;
  trade: string;
  urgency?: number | null;
  reason: string;
  appointment_at?: Iso | null;
}
export interface ChaseUpBody {
  call_id?: Id | null;
  ticket_id?: Id | null;
  note?: string | null;
}
