import { SvelteSet } from 'svelte/reactivity';
import { ApiProblem } from '../../lib/api/client';
import { goToLogin } from '../../lib/api/session';
import { streamed, type Step } from '../../lib/api/stream';
import type { Schemas } from '../../lib/api/types';
import { serverClock } from '../../lib/time/clock.svelte';
import { asked, spanOf, type Span, type SpanCode } from './period';
import { changeable, type Line } from './spread';

export type Answer = Schemas['CalibrationAnswer'];
export const DIMENSIONS = ['area', 'hour', 'fault_class'] as const;
export type Dimension = (typeof DIMENSIONS)[number];
export const QUANTILES = ['0.5', '0.75', '0.9', '0.95'] as const;
export type Quantile = (typeof QUANTILES)[number];

const PAUSE_MS = 250;

/** What history says about a policy's limits: what is asked, the answer, the line looked at. */
export class Calibration {
  policy = $state('beijing');
  span = $state<SpanCode>('30');
  custom = $state.raw<Span>({ from: 0, to: 0 });
  quantile = $state<Quantile>('0.5');
  readonly by = new SvelteSet<Dimension>();
  answer = $state.raw<Answer | null>(null);
  problem = $state.raw<unknown>(null);
  /** How far the reading is; null: nothing is being read. */
  step = $state.raw<Step | null>(null);
  row = $state(0);
  /** Codes that the person took out of the proposal, or put in. */
  readonly out = new SvelteSet<string>();
  readonly in = new SvelteSet<string>();
  #round = $state(0);

  readonly lines: readonly Line[] = $derived(this.answer?.lines ?? []);
  readonly line: Line | null = $derived(this.lines[this.row] ?? this.lines[0] ?? null);
  readonly changeable = $derived(changeable(this.lines));
  /** What the proposed version changes. The total and goals are promises: only when put in. */
  readonly changing = $derived(
    this.changeable.filter((code) => {
      const chain = this.lines.some((line) => line.code === code && line.chain);
      return chain ? !this.out.has(code) : this.in.has(code);
    }),
  );
  readonly badSpan = $derived(this.span === 'custom' && this.custom.to <= this.custom.from);

  #query(): URLSearchParams {
    const span = spanOf(this.span, serverClock.exact(), this.custom);
    const query = new URLSearchParams({ ...asked(span), policy: this.policy, quantile: this.quantile, system: 'paidan' });
    for (const one of DIMENSIONS) if (this.by.has(one)) query.append('by', one);
    return query;
  }

  /** Read whenever something asked for changes; an effect's body. */
  follow(): () => void {
    void [this.policy, this.span, this.custom, this.quantile, [...this.by], this.#round];
    if (this.badSpan) return () => {};
    const given = new AbortController();
    const soon = setTimeout(() => void this.#read(given.signal), PAUSE_MS);
    return () => {
      clearTimeout(soon);
      given.abort();
    };
  }

  async #read(signal: AbortSignal): Promise<void> {
    this.step = { done: 0, total: null };
    try {
      const found = await streamed<Answer>(`/api/sla/calibration?${this.#query()}`, undefined, signal, (step) => {
        if (!signal.aborted) this.step = step;
      });
      if (signal.aborted) return;
      // The same limit stays in view, in whatever groups it is shown now.
      const { code, limit } = this.line ?? {};
      [this.answer, this.problem] = [found, null];
      this.row = Math.max(0, found.lines.findIndex((line) => line.code === code && line.limit === limit));
    } catch (problem) {
      if (signal.aborted) return;
      if (problem instanceof ApiProblem && problem.status === 401) goToLogin();
      this.problem = problem;
    }
    this.step = null;
  }

  /** The document of the proposed version, of exactly the figures that are shown. */
  async propose(): Promise<string> {
    const { answer } = this;
    if (!answer) throw new Error('nothing to propose');
    const query = this.#query();
    query.set('from', answer.from);
    query.set('to', answer.to);
    for (const code of this.changing) query.append('change', code);
    this.step = { done: 0, total: null };
    try {
      const given = new AbortController();
      const path = `/api/sla/calibration?${query}`;
      const found = await streamed<Answer>(path, undefined, given.signal, (step) => (this.step = step));
      return found.document ?? '';
    } finally {
      this.step = null;
    }
  }

  refresh(): void {
    this.#round += 1;
  }

  chooseSpan(span: SpanCode): void {
    if (span === 'custom' && this.custom.to === 0) this.custom = spanOf('30', serverClock.exact(), this.custom);
    this.span = span;
  }

  toggleBy(one: Dimension): void {
    if (!this.by.delete(one)) this.by.add(one);
  }

  move(by: number): void {
    this.row = Math.max(0, Math.min(this.lines.length - 1, this.row + by));
  }

  /** Take a segment into the proposal, or out of it. */
  toggle(code: string): void {
    if (!this.changeable.includes(code)) return;
    const set = this.lines.some((line) => line.code === code && line.chain) ? this.out : this.in;
    if (!set.delete(code)) set.add(code);
  }
}
