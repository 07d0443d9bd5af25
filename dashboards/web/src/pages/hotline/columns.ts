import type { PlainKey } from '../../lib/i18n/index.svelte';
import { duration } from '../../lib/time/format';
import type { AgentLine, Line } from './figures.svelte';

/** A column of the figures: its word, the sentence that defines it, what it says of a line. */
export interface Column<T> {
  key: string;
  head: PlainKey;
  means: PlainKey;
  said: (line: T) => string;
  /** What could not be judged in it: such a figure is never complete. */
  unjudged?: (line: T) => number;
}

const NONE = '–';
const length = (seconds: number | null): string => (seconds === null ? NONE : duration(seconds));
const percent = (share: number | null): string => (share === null ? NONE : `${(share * 100).toFixed(share === 1 ? 0 : 1)}%`);
const count = (value: number): string => String(value);

export const CALL_COLUMNS: readonly Column<Line>[] = [
  { key: 'calls', head: 'hotline.col.calls', means: 'hotline.col.calls.means', said: ({ calls }) => count(calls) },
  { key: 'offered', head: 'hotline.col.offered', means: 'hotline.col.offered.means', said: ({ offered }) => count(offered) },
  { key: 'answered', head: 'hotline.col.answered', means: 'hotline.col.answered.means', said: ({ answered }) => count(answered) },
  {
    key: 'abandoned',
    head: 'hotline.col.abandoned',
    means: 'hotline.col.abandoned.means',
    said: ({ abandoned, abandoned_short }) => (abandoned_short > 0 ? `${abandoned} (${abandoned_short})` : count(abandoned)),
  },
  { key: 'abandonment', head: 'hotline.col.abandonment', means: 'hotline.col.abandonment.means', said: ({ abandonment }) => percent(abandonment) },
  {
    key: 'service_level',
    head: 'hotline.col.level',
    means: 'hotline.col.level.means',
    said: ({ service_level }) => percent(service_level),
    unjudged: ({ service_unjudged }) => service_unjudged,
  },
  { key: 'asa_s', head: 'hotline.col.asa', means: 'hotline.col.asa.means', said: ({ asa_s }) => length(asa_s), unjudged: ({ asa_unjudged }) => asa_unjudged },
  { key: 'longest_wait_s', head: 'hotline.col.longest', means: 'hotline.col.longest.means', said: ({ longest_wait_s }) => length(longest_wait_s) },
  {
    key: 'handle_s',
    head: 'hotline.col.handle',
    means: 'hotline.col.handle.means',
    said: ({ handle_s }) => length(handle_s),
    unjudged: ({ handle_unjudged }) => handle_unjudged,
  },
  { key: 'transfers', head: 'hotline.col.transfers', means: 'hotline.col.transfers.means', said: ({ transfers }) => count(transfers) },
  {
    key: 'repeats',
    head: 'hotline.col.repeats',
    means: 'hotline.col.repeats.means',
    said: ({ repeats }) => count(repeats),
    unjudged: ({ repeat_unjudged }) => repeat_unjudged,
  },
  {
    key: 'callbacks',
    head: 'hotline.col.callbacks',
    means: 'hotline.col.callbacks.means',
    said: ({ callbacks, callbacks_failed }) => (callbacks_failed > 0 ? `${callbacks} (${callbacks_failed})` : count(callbacks)),
  },
  { key: 'occupancy', head: 'hotline.col.occupancy', means: 'hotline.col.occupancy.means', said: ({ occupancy }) => percent(occupancy) },
];

export const AGENT_COLUMNS: readonly Column<AgentLine>[] = [
  { key: 'offered', head: 'hotline.col.reserved', means: 'hotline.col.reserved.means', said: ({ offered }) => count(offered) },
  { key: 'accepted', head: 'hotline.col.accepted', means: 'hotline.col.accepted.means', said: ({ accepted }) => count(accepted) },
  { key: 'declined', head: 'hotline.col.declined', means: 'hotline.col.declined.means', said: ({ declined }) => count(declined) },
  { key: 'no_answer', head: 'hotline.col.no_answer', means: 'hotline.col.no_answer.means', said: ({ no_answer }) => count(no_answer) },
  { key: 'calls', head: 'hotline.col.handled', means: 'hotline.col.handled.means', said: ({ calls }) => count(calls) },
  {
    key: 'handle_s',
    head: 'hotline.col.handle',
    means: 'hotline.col.handle.means',
    said: ({ handle_s }) => length(handle_s),
    unjudged: ({ handle_unjudged }) => handle_unjudged,
  },
  { key: 'on_call_s', head: 'hotline.col.on_call', means: 'hotline.col.on_call.means', said: ({ on_call_s }) => length(on_call_s) },
  { key: 'wrap_up_s', head: 'hotline.col.wrap_up', means: 'hotline.col.wrap_up.means', said: ({ wrap_up_s }) => length(wrap_up_s) },
  { key: 'ready_s', head: 'hotline.col.ready', means: 'hotline.col.ready.means', said: ({ ready_s }) => length(ready_s) },
  { key: 'break_s', head: 'hotline.col.break', means: 'hotline.col.break.means', said: ({ break_s }) => length(break_s) },
  { key: 'occupancy', head: 'hotline.col.occupancy', means: 'hotline.col.occupancy.means', said: ({ occupancy }) => percent(occupancy) },
];
