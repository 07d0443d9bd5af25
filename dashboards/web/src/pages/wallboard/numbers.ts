import type { Schemas } from '../../lib/api/types';
import type { Key } from '../../lib/i18n/index.svelte';
import { duration, millis } from '../../lib/time/format';
import type { Level } from '../../lib/time/levels';

export type Wall = Schemas['Wallboard'];

/** A number of the wall: `key` is its word; `beside` a smaller word with its parameters. */
export interface Tile {
  key: 'waiting' | 'longest' | 'level' | 'answer' | 'abandoned' | 'agents' | 'callbacks';
  said: string;
  level: Level;
  beside?: [Key, Record<string, string | number>];
}

/** One sentence: its word and its parameters. */
export type Trouble = [Key, Record<string, string | number>];

/** A caller who waits for so many times the promised wait is late. */
const LATE_TIMES = 3;
/** Reports of the carrier that come later than this make everything here late, seconds. */
const LAG_S = 15;
/** A share of fewer calls says nothing yet. */
const ENOUGH = 5;
const NONE = '–';

const percent = (share: number | null): string => (share === null ? NONE : `${Math.round(share * 100)}%`);
const length = (seconds: number | null): string => (seconds === null ? NONE : duration(seconds));

/** Agents who answer calls or could. */
export const staffed = ({ agents }: Wall): number =>
  agents.available + agents.reserved + agents.on_call + agents.wrap_up;

/** How long the first in the queue has waited at `nowMs`, the server's clock; null: nobody waits. */
export function longestS(wall: Wall, nowMs: number): number | null {
  const since = millis(wall.waiting[0]?.since);
  return since === null ? null : Math.max(0, (nowMs - since) / 1000);
}

function waitLevel(wall: Wall, seconds: number | null): Level {
  if (seconds === null || seconds <= wall.rule.answer_s) return 'normal';
  return seconds > wall.rule.answer_s * LATE_TIMES ? 'late' : 'watch';
}

function servedLevel({ service_level, service_judged }: Wall['day'], target: number): Level {
  if (service_level === null || service_judged < ENOUGH) return 'normal';
  return service_level < target ? 'risk' : 'normal';
}

/** The seven numbers, at `nowMs` on the server's clock. */
export function tiles(wall: Wall, nowMs: number): Tile[] {
  const { agents, day, hour, rule } = wall;
  const longest = longestS(wall, nowMs);
  const alone = wall.waiting.length > 0 && staffed(wall) === 0;
  return [
    { key: 'waiting', said: String(wall.waiting.length), level: alone ? 'late' : 'normal' },
    { key: 'longest', said: length(longest), level: waitLevel(wall, longest) },
    {
      key: 'level',
      said: percent(day.service_level),
      level: servedLevel(day, rule.target),
      beside: ['wall.level.beside', { hour: percent(hour.service_level), seconds: rule.answer_s }],
    },
    { key: 'answer', said: length(day.asa_s), level: 'normal' },
    {
      key: 'abandoned',
      said: percent(day.abandonment),
      level: 'normal',
      beside: ['wall.abandoned.beside', { count: day.abandoned - day.abandoned_short }],
    },
    {
      key: 'agents',
      said: `${agents.available}/${staffed(wall)}`,
      level: 'normal',
      beside: ['wall.agents.beside', { talking: agents.on_call, writing: agents.wrap_up, resting: agents.break }],
    },
    { key: 'callbacks', said: String(wall.callbacks_pending), level: 'normal' },
  ];
}

/** What is wrong, the worst alone; null: nothing is. */
export function trouble(wall: Wall, nowMs: number): Trouble | null {
  const longest = longestS(wall, nowMs);
  const { hour, carrier, rule } = wall;
  if (longest !== null && staffed(wall) === 0) return ['wall.wrong.nobody', { count: wall.waiting.length }];
  if (carrier.lag_s !== null && carrier.lag_s > LAG_S) {
    return ['wall.wrong.lag', { seconds: Math.round(carrier.lag_s) }];
  }
  if (waitLevel(wall, longest) === 'late') return ['wall.wrong.longest', { wait: length(longest) }];
  if (servedLevel(hour, rule.target) !== 'normal') {
    return ['wall.wrong.level', { level: percent(hour.service_level), target: percent(rule.target) }];
  }
  if (carrier.recovered > 0) return ['wall.wrong.recovered', { count: carrier.recovered }];
  return null;
}
