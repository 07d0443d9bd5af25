import { ApiProblem } from '../../lib/api/client';
import { goToLogin } from '../../lib/api/session';
import { streamed, type Step } from '../../lib/api/stream';
import type { Schemas } from '../../lib/api/types';
import { serverClock } from '../../lib/time/clock.svelte';
import { asked, spanOf } from './period';

export type Answer = Schemas['WhatIfAnswer'];
export const BACK = ['7', '30', '90', '365'] as const;
export type Back = (typeof BACK)[number];
export const GROUPS = ['segment', 'centre', 'crew', 'hour'] as const;
export type By = (typeof GROUPS)[number];

/** What is tried: a text, or a version that is kept. */
export type Tried = { document: string } | { policy: string };

const PAUSE_MS = 250;
const PAGE = 100;

/** A past period under another policy. */
export class WhatIf {
  back = $state<Back>('30');
  by = $state<By>('segment');
  against = $state('beijing');
  everywhere = $state(false);
  answer = $state.raw<Answer | null>(null);
  problem = $state.raw<unknown>(null);
  step = $state.raw<Step | null>(null);
  #round = $state(0);

  /** Judge again whenever something asked for changes; an effect's body. */
  follow(tried: Tried | null): () => void {
    void [this.back, this.by, this.against, this.everywhere, this.#round];
    if (tried === null) return () => {};
    const given = new AbortController();
    const soon = setTimeout(() => void this.#read(tried, given.signal), PAUSE_MS);
    return () => {
      clearTimeout(soon);
      given.abort();
    };
  }

  async #read(tried: Tried, signal: AbortSignal): Promise<void> {
    this.step = { done: 0, total: null };
    const span = spanOf(this.back, serverClock.exact(), { from: 0, to: 0 });
    const body = { ...tried, ...asked(span), against: this.against, by: this.by, everywhere: this.everywhere, system: 'paidan', limit: PAGE };
    try {
      const found = await streamed<Answer>('/api/sla/what-if', body, signal, (step) => {
        if (!signal.aborted) this.step = step;
      });
      if (signal.aborted) return;
      [this.answer, this.problem] = [found, null];
    } catch (problem) {
      if (signal.aborted) return;
      if (problem instanceof ApiProblem && problem.status === 401) goToLogin();
      [this.answer, this.problem] = [null, problem];
    }
    this.step = null;
  }

  refresh(): void {
    this.#round += 1;
  }
}
