/** What the server answers about tickets, in the words that the screens use for it. */
import type { Schemas } from '../api/types';

export type TicketRow = Schemas['TicketSummary'];
export type TicketState = TicketRow['state'];
export type TicketList = Schemas['TicketList'];
export type TicketPage = Schemas['TicketPage'];
export type TicketFact = Schemas['TicketFact'];
export type Attachment = Schemas['AttachmentRow'];
export type TicketReference = Schemas['TicketReference'];
export type GuideAnswer = Schemas['GuideAnswer'];

export type FollowUp = Schemas['FollowUpRow'];
export type FollowUpList = Schemas['FollowUpList'];
export type TriedAnswer = Schemas['TriedAnswer'];
export type Outcome = Schemas['TryBody']['outcome'];
export type Satisfaction = NonNullable<Schemas['TryBody']['satisfaction']>;

export type FollowOnBody = Schemas['FollowOnBody'];
export type FollowOn = FollowOnBody['kind'];
export type ChaseUpBody = Schemas['ChaseUpBody'];
export type OrderLinks = Schemas['OrderLinks'];
