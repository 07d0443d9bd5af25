import type { Part } from './types';

/** What the agent can do about the recording of the conversation. */
export type TapeAct = 'tape_pause' | 'tape_resume' | 'tape_start';
/** How it stands with it; null where nothing is recorded. */
export type Tape = 'recording' | 'beginning' | 'pausing' | 'paused' | 'failed' | null;

const RUNS = ['asked', 'in-progress', 'paused'];

export function tapeOf({ recording }: Part): Tape {
  if (!recording) return null;
  const { state, wanted } = recording;
  if (state === 'failed') return 'failed';
  if (!RUNS.includes(state) || wanted === 'off') return null;
  if (wanted === 'paused') return state === 'paused' ? 'paused' : 'pausing';
  return state === 'in-progress' ? 'recording' : 'beginning';
}

/** One act at a time, on one key. */
export function tapeAct(part: Part): TapeAct | null {
  const tape = tapeOf(part);
  if (tape === 'paused' || tape === 'pausing') return 'tape_resume';
  if (tape === 'recording' || tape === 'beginning') return 'tape_pause';
  return part.on_demand ? 'tape_start' : null;
}

/** What the server is asked for. */
export const asked = (act: TapeAct): string => act.replace('tape_', '');

export const isTape = (act: string): act is TapeAct => act.startsWith('tape_');
