import { ApiProblem, get } from '../../lib/api/client';
import { goToLogin } from '../../lib/api/session';
import type { Schemas } from '../../lib/api/types';
import { spanOf, type Period, type Span } from '../../lib/report/period';
import { serverClock } from '../../lib/time/clock.svelte';
import { fromBox } from '../../lib/time/zone';

export type Report = Schemas['HotlineReport'];
export type Line = Schemas['HotlineLine'];
export type AgentLine = Schemas['HotlineAgent'];
export const GROUPS = ['queue', 'agent', 'quarter', 'day'] as const;
export type By = (typeof GROUPS)[number];

/** Figures of a running period are reckoned anew this often. */
const REFRESH_MS = 30_000;
const PAUSE_MS = 150;

/** The hotline's report: a period and a grouping. */
export class Figures {
  period = $state<Period>('today');
  custom = $state.raw<Span>({ from: 0, to: 0 });
  by = $state<By>('queue');
  report = $state.raw<Report | null>(null);
  problem = $state.raw<unknown>(null);
  #round = $state(0);
  readonly badPeriod = $derived(this.period === 'custom' && this.custom.to <= this.custom.from);

  /** Reckon now, whenever something asked for changes, and every so often. An effect's body. */
  follow(): () => void {
    void [this.period, this.custom, this.by, this.#round];
    if (this.badPeriod) return () => {};
    let stale = false;
    const load = async (): Promise<void> => {
      try {
        const found = await get<Report>(`/api/reports/hotline?${this.#query()}`);
        if (!stale) [this.report, this.problem] = [found, null];
      } catch (problem) {
        if (problem instanceof ApiProblem && problem.status === 401) goToLogin();
        if (!stale) this.problem = problem;
      }
    };
    const soon = setTimeout(() => void load(), PAUSE_MS);
    const again = setInterval(() => void load(), REFRESH_MS);
    return () => {
      stale = true;
      clearTimeout(soon);
      clearInterval(again);
    };
  }

  #query(): string {
    const { from, to } = spanOf(this.period, serverClock.exact(), this.custom);
    return asked(new Date(from).toISOString(), new Date(to).toISOString(), this.by);
  }

  /** The lines that are shown, for a spreadsheet. */
  get csv(): string {
    const { report } = this;
    return report ? `/api/reports/hotline.csv?${asked(report.from, report.to, report.by)}` : '';
  }

  choosePeriod(period: Period): void {
    if (period === 'custom' && this.custom.to === 0) this.custom = spanOf('day', serverClock.exact(), this.custom);
    this.period = period;
  }

  own(which: 'from' | 'to', value: string): void {
    const ms = fromBox(value);
    if (ms !== null) this.custom = { ...this.custom, [which]: ms };
  }

  group(by: By): void {
    this.by = by;
  }

  refresh(): void {
    this.#round += 1;
  }
}

const asked = (from: string, to: string, by: string): string => new URLSearchParams({ from, to, by }).toString();
