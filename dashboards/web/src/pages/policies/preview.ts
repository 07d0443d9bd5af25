/** The timeline of a typical order under a policy, drawn to scale: pure. Seconds, then percent. */

import type { Schemas } from '../../lib/api/types';

interface Named {
  zh: string;
  en: string;
}
interface LimitData {
  limit_s: number | null;
  limit: string | null;
  when: Record<string, unknown>;
  responsible: string | null;
}
interface RuleData {
  code: string;
  name: Named;
  from: string;
  to: string;
  responsible: string;
  limits: LimitData[];
}
interface TimerData {
  code: string;
  name: Named;
  from: string;
  stop: string;
  tell: string;
  limit_s: number;
}
interface StepData {
  after_s: number;
  to: string;
  channels: string[];
  text: Named;
}
type Occasion = Schemas['EscalationRow']['occasion'];
interface LadderData {
  code: string;
  on: Occasion[];
  of: string[];
  steps: StepData[];
}
export interface PolicyData {
  code: string;
  version: number;
  warn_share: number;
  warn_left_s: number | null;
  parties: Record<string, Named>;
  segments: RuleData[];
  total: RuleData | null;
  goals: RuleData[];
  timers: TimerData[];
  ladders: LadderData[];
}

/** What is known of the typical order. */
export interface Facts {
  area_class: string;
  same_site: boolean;
}

export interface Block {
  code: string;
  name: Named;
  party: string;
  start: number;
  limit: number;
  /** From when on it warns, since the order began. */
  warn: number;
}
export interface Mark {
  at: number;
  kind: 'warning' | 'limit' | 'alarm' | 'step';
  code: string;
  name: Named;
  step?: StepData;
}
export interface Lane {
  kind: 'total' | 'goal' | 'timer' | 'ladder';
  code: string;
  name: Named;
  /** Of a ladder: what begins it. */
  occasions: readonly Occasion[];
  /** Null: the lane has marks only. */
  block: Block | null;
  marks: Mark[];
}
export interface Preview {
  /** Seconds from the left end to the right one. */
  whole: number;
  /** Where each point lies, seconds since the first. */
  points: { code: string; at: number }[];
  blocks: Block[];
  lanes: Lane[];
  /** What has no fixed length in seconds, or far too long a one for the scale. */
  beside: { code: string; name: Named; length: string | number }[];
}

/** Longer than so many times the chain is written beside, not drawn. */
const FAR = 6;

/** The limit that holds for such an order; without one that fits, the last. */
export function limitOf(rule: RuleData, facts: Facts): LimitData | undefined {
  const fits = (when: Record<string, unknown>): boolean =>
    Object.entries(when).every(([name, wanted]) => {
      const open = wanted === null || (Array.isArray(wanted) && wanted.length === 0) || isEmpty(wanted);
      if (open) return true;
      if (name === 'same_site') return wanted === facts.same_site;
      if (name === 'area_class') return (wanted as string[]).includes(facts.area_class);
      return false;
    });
  return rule.limits.find(({ when }) => fits(when)) ?? rule.limits.at(-1);
}

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

const FIXED: Record<string, number> = { s: 1, min: 60, h: 3600, day: 86_400 };

/** `4 workdays` as its unit and amount, `next day 12:00` as that day and its time; null: no such. */
export function unitOf(text: string): { unit: 'day' | 'workday' | 'workmin' | 'workhour' | 'next_day' | 'next_workday'; amount: string } | null {
  const next = /^next (work)?day (\d\d:\d\d)$/.exec(text.trim());
  if (next) return { unit: next[1] ? 'next_workday' : 'next_day', amount: next[2] ?? '' };
  const found = /^([\d.]+)\s*(day|workday|workmin|workhour)s?$/.exec(text.trim());
  return found ? { unit: found[2] as 'day', amount: found[1] ?? '' } : null;
}

/** Seconds of `45 min`; null where working days decide. */
export function secondsOf(limit: LimitData): number | null {
  if (limit.limit_s !== null) return limit.limit_s;
  const [, amount = '', unit = ''] = /^([\d.]+)\s*([a-z]+?)s?$/.exec(limit.limit ?? '') ?? [];
  const each = limit.limit?.trim().endsWith(' s') ? 1 : FIXED[unit];
  return each === undefined ? null : Number(amount) * each;
}

/** Where the segments, the total, goals, alarms and ladder steps of a typical order lie. */
export function previewOf(policy: PolicyData, facts: Facts): Preview {
  const beside: Preview['beside'] = [];
  const points = new Map<string, number>();
  const blocks: Block[] = [];
  let at = 0;
  const first = policy.segments[0]?.from ?? policy.total?.from ?? policy.goals[0]?.from;
  if (first !== undefined) points.set(first, 0);
  for (const rule of policy.segments) {
    const block = blockOf(policy, rule, at, facts);
    if (!block) {
      beside.push(tooLong(rule, facts));
      points.set(rule.to, at);
      continue;
    }
    blocks.push(block);
    at += block.limit;
    points.set(rule.to, at);
  }
  // A party that is told of a centre's acceptance hears it where the chain has its nearest point.
  const begin = (point: string): number => points.get(point) ?? 0;
  const chain = at;
  const lanes: Lane[] = [];
  for (const [kind, rule] of [
    ...(policy.total ? [['total', policy.total] as const] : []),
    ...policy.goals.map((goal) => ['goal', goal] as const),
  ]) {
    const block = blockOf(policy, rule, begin(rule.from), facts);
    if (!block || (chain > 0 && block.limit > chain * FAR)) beside.push(tooLong(rule, facts));
    else lanes.push({ kind, code: rule.code, name: rule.name, occasions: [], block, marks: [] });
  }
  for (const timer of policy.timers) {
    const start = begin(timer.from);
    const block = { code: timer.code, name: timer.name, party: timer.tell, start, limit: timer.limit_s, warn: start + timer.limit_s };
    const ring: Mark = { at: start + timer.limit_s, kind: 'alarm', code: timer.code, name: timer.name };
    lanes.push({ kind: 'timer', code: timer.code, name: timer.name, occasions: [], block, marks: [ring] });
  }
  const all = [...blocks, ...lanes.flatMap(({ block }) => (block ? [block] : []))];
  for (const ladder of policy.ladders) {
    const marks = ladder.of.flatMap((code) => stepsOf(ladder, all.find((block) => block.code === code)));
    if (marks.length > 0) lanes.push({ kind: 'ladder', code: ladder.code, name: { zh: ladder.code, en: ladder.code }, occasions: ladder.on, block: null, marks });
  }
  const ends = [
    ...all.map(({ start, limit }) => start + limit),
    ...lanes.flatMap(({ marks }) => marks.map((mark) => mark.at)),
  ];
  return {
    whole: Math.max(...ends, 1),
    points: [...points].map(([code, place]) => ({ code, at: place })),
    blocks,
    lanes,
    beside,
  };
}

function blockOf(policy: PolicyData, rule: RuleData, start: number, facts: Facts): Block | null {
  const limit = limitOf(rule, facts);
  const seconds = limit ? secondsOf(limit) : null;
  if (seconds === null) return null;
  const left = policy.warn_left_s === null ? seconds : Math.max(0, seconds - policy.warn_left_s);
  return {
    code: rule.code,
    name: rule.name,
    party: limit?.responsible ?? rule.responsible,
    start,
    limit: seconds,
    warn: start + Math.min(policy.warn_share * seconds, left),
  };
}

function tooLong(rule: RuleData, facts: Facts): Preview['beside'][number] {
  const limit = limitOf(rule, facts);
  return { code: rule.code, name: rule.name, length: limit ? (secondsOf(limit) ?? limit.limit ?? '') : '' };
}

/** When each step of a ladder is taken, where nobody acknowledges. */
function stepsOf(ladder: LadderData, block: Block | undefined): Mark[] {
  if (!block) return [];
  // A risk is foreseen, at no fixed time: it stands where the warning would.
  const early = ladder.on.includes('warning') || ladder.on.includes('risk');
  const from = early ? block.warn : block.start + block.limit;
  return ladder.steps.map((step) => ({ at: from + step.after_s, kind: 'step', code: block.code, name: block.name, step }));
}
