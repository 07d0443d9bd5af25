import type { Schemas } from '../api/types';

export type AgentRow = Schemas['AgentRow'];
export type AgentState = AgentRow['state'];
/** An agent's part in a call. */
export type Part = AgentRow['calls'][number];
/** One agent's own view: codes with their names. */
export type Own = Schemas['AgentDesk'];
export type Word = Own['dispositions'][number];
/** A customer to be called back, in the place of the queue that is kept. */
export type Callback = Schemas['CallbackRow'];
/** Words that every caller hears first. */
export type Announcement = Schemas['Announcement'];
export type CarrierSilence = Schemas['CarrierSilence'];
export type Recording = Schemas['RecordingRow'];
