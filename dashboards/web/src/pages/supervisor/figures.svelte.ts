import { ApiProblem, get } from '../../lib/api/client';
import { goToLogin } from '../../lib/api/session';
import type { Schemas } from '../../lib/api/types';
import { language, nameOf, t } from '../../lib/i18n/index.svelte';
import type { OrderNames } from '../../lib/order/names';
import { serverClock } from '../../lib/time/clock.svelte';
import { duration } from '../../lib/time/format';
import { spanOf, type Period, type Span } from '../../lib/report/period';

export type Distribution = Schemas['Distribution'];
export type Figure = Schemas['DistributionLine'];
export type Scale = Schemas['ScaleRow'];
export type Behind = Schemas['Behind'];
export type BehindRow = Schemas['BehindRow'];
export const GROUPS = ['segment', 'centre', 'crew', 'hour'] as const;
export type By = (typeof GROUPS)[number];
export const OUTCOMES = ['late', 'within', 'unjudged', 'anomaly'] as const;
export type Outcome = (typeof OUTCOMES)[number];

const PAGE = 50;
/** Figures of a running period are reckoned anew this often. */
const REFRESH_MS = 60_000;
const PAUSE_MS = 150;
/** Segments that no crew has: the first ones, and the whole. */
const CREW_SEGMENT = 'GH';

/** The report: a period, a grouping, the line looked at, and the orders behind it. */
export class Figures {
  period = $state<Period>('today');
  custom = $state.raw<Span>({ from: 0, to: 0 });
  by = $state<By>('segment');
  /** The segment of all lines when they are grouped by something else. */
  code = $state('AH');
  report = $state.raw<Distribution | null>(null);
  problem = $state.raw<unknown>(null);
  loading = $state(false);
  asTable = $state(false);
  /** What the list behind is of: the line's key and segment. */
  at = $state.raw<{ key: string; code: string } | null>(null);
  /** What the person asked for; null: the first of late, within … that there is. */
  wanted = $state<Outcome | null>(null);
  /** Index of the chosen bar; null: all. */
  bin = $state<number | null>(null);
  behind = $state.raw<Behind | null>(null);
  behindProblem = $state.raw<unknown>(null);
  /** What is listed belongs to what was chosen before; the new list is on its way. */
  behindStale = $state(true);
  /** The focused order of the list behind. */
  row = $state<number>(-1);
  #round = $state(0);

  readonly scales = $derived(new Map(this.report?.scales.map((scale) => [scale.code, scale])));
  readonly lines: Figure[] = $derived.by(() => {
    const all = this.report?.lines ?? [];
    if (this.by === 'segment') return all;
    const mine = all.filter(({ code }) => code === this.code);
    // The hours in their course; of units, the one with the most late orders first.
    return this.by === 'hour' ? mine : mine.sort((a, b) => b.late - a.late || b.count - a.count);
  });
  readonly line: Figure | null = $derived(
    this.lines.find(({ key, code }) => key === this.at?.key && code === this.at.code) ??
      this.lines.at(this.by === 'segment' ? -1 : 0) ??
      null,
  );
  readonly outcome: Outcome = $derived(
    this.wanted ?? OUTCOMES.find((each) => countOf(this.line, each) > 0) ?? 'late',
  );
  readonly scale: Scale | null = $derived(this.scales.get(this.line?.code ?? '') ?? null);

  constructor(private readonly names: OrderNames) {}

  /** Reckon now, whenever something asked for changes, and every minute. An effect's body. */
  follow(): () => void {
    void [this.period, this.custom, this.by, this.#round];
    let stale = false;
    const load = async (): Promise<void> => {
      this.loading = true;
      try {
        const span = spanOf(this.period, serverClock.exact(), this.custom);
        const query = new URLSearchParams({ ...asked(span), by: this.by, system: 'paidan' });
        const found = await get<Distribution>(`/api/reports/distribution?${query}`);
        if (!stale) [this.report, this.problem] = [found, null];
      } catch (problem) {
        if (!stale) this.#failed(problem);
      }
      if (!stale) this.loading = false;
    };
    const soon = setTimeout(() => void load(), PAUSE_MS);
    const again = setInterval(() => void load(), REFRESH_MS);
    return () => {
      stale = true;
      clearTimeout(soon);
      clearInterval(again);
    };
  }

  #failed(problem: unknown): void {
    if (problem instanceof ApiProblem && problem.status === 401) goToLogin();
    this.problem = problem;
  }

  /** The orders behind the line, of exactly the period that its figures are of. */
  followBehind(): () => void {
    const { report, line, scale, outcome, bin } = this;
    void language();
    if (!report || !line || !scale) return () => {};
    let stale = false;
    const query = new URLSearchParams({
      from: report.from,
      to: report.to,
      system: 'paidan',
      by: report.by,
      key: line.key,
      code: line.code,
      limit: String(PAGE),
    });
    if (bin === null) query.set('outcome', outcome);
    else {
      query.set('spent_from', String(scale.edges[bin] ?? 0));
      const end = scale.edges[bin + 1];
      if (end !== undefined) query.set('spent_to', String(end));
    }
    this.#behindQuery = query;
    this.behindStale = true;
    const load = async (): Promise<void> => {
      try {
        const found = await get<Behind>(`/api/reports/orders?${query}`);
        if (!stale) [this.behind, this.behindProblem, this.behindStale] = [found, null, false];
      } catch (problem) {
        if (!stale) [this.behind, this.behindProblem] = [null, problem];
      }
    };
    const soon = setTimeout(() => void load(), PAUSE_MS);
    return () => {
      stale = true;
      clearTimeout(soon);
    };
  }

  #behindQuery: URLSearchParams | null = null;

  /** Fetch the next page of the list behind. */
  async more(): Promise<void> {
    const [before, query] = [this.behind, this.#behindQuery];
    if (!before || !query) return;
    const page = new URLSearchParams(query);
    page.set('offset', String(before.rows.length));
    try {
      const found = await get<Behind>(`/api/reports/orders?${page}`);
      if (this.behind === before) this.behind = { ...found, rows: [...before.rows, ...found.rows] };
    } catch (problem) {
      this.behindProblem = problem;
    }
  }

  refresh(): void {
    this.#round += 1;
  }

  choosePeriod(period: Period): void {
    if (period === 'custom' && this.custom.to === 0) {
      this.custom = spanOf('day', serverClock.exact(), this.custom);
    }
    this.period = period;
    this.#lookAtAll();
  }

  group(by: By): void {
    this.by = by;
    const subject = this.scales.get(this.code)?.subject;
    if (by === 'crew' && subject !== 'assignment') this.code = CREW_SEGMENT;
    this.at = null;
    this.#lookAtAll();
  }

  turnSegment(by: 1 | -1): void {
    if (this.by === 'segment') return;
    const codes = [...this.scales.values()]
      .filter(({ subject }) => this.by !== 'crew' || subject === 'assignment')
      .map(({ code }) => code);
    const at = codes.indexOf(this.code);
    this.chooseSegment(codes[(at + by + codes.length) % codes.length] ?? this.code);
  }

  chooseSegment(code: string): void {
    this.code = code;
    this.at = null;
    this.#lookAtAll();
  }

  choose(line: Figure): void {
    this.wanted = null;
    this.at = { key: line.key, code: line.code };
    this.#lookAtAll();
  }

  chooseOutcome(outcome: Outcome): void {
    this.wanted = outcome;
    this.#lookAtAll();
  }

  chooseBin(bin: number | null): void {
    this.bin = bin;
    this.row = -1;
  }

  /** The next bar to the left or right that has something in it. */
  turnBin(by: 1 | -1): void {
    const bins = this.line?.bins ?? [];
    const filled = bins.flatMap((bin, index) => (total(bin) > 0 ? [index] : []));
    if (filled.length === 0) return;
    const at = this.bin === null ? (by > 0 ? -1 : 0) : filled.indexOf(this.bin);
    this.chooseBin(filled[(at + by + filled.length) % filled.length] ?? null);
  }

  #lookAtAll(): void {
    this.bin = null;
    this.row = -1;
  }

  move(by: 1 | -1, area: 'figures' | 'behind'): void {
    if (area === 'behind') {
      const last = (this.behind?.rows.length ?? 0) - 1;
      this.row = Math.max(0, Math.min(last, this.row + by));
      return;
    }
    const at = this.line ? this.lines.indexOf(this.line) : -1;
    const line = this.lines[Math.max(0, Math.min(this.lines.length - 1, at + by))];
    if (line) this.choose(line);
  }

  /** What a line is called: its segment, or its group. */
  nameOf(line: Figure): string {
    if (this.by === 'segment') return this.names.segmentShort(line.code);
    if (this.by === 'hour') return t('figures.hour', { hour: line.key });
    if (!line.key) return t('figures.no_group');
    return nameOf({ code: line.key, name_zh: line.key_zh, name_en: line.key_en });
  }

  /** A bar in words. */
  binSaid(bin: number): string {
    const [from, to] = [this.scale?.edges[bin] ?? 0, this.scale?.edges[bin + 1]];
    if (to === undefined) return t('chart.bin.open', { from: duration(from) });
    return t('chart.bin', { from: duration(from), to: duration(to) });
  }
}

/** How many of a line came out so. */
export function countOf(line: Figure | null, outcome: Outcome): number {
  if (!line) return 0;
  return outcome === 'anomaly' ? line.anomalies : line[outcome];
}

export const total = (bin: Schemas['BinRow']): number => bin.within + bin.late + bin.unlimited;

const asked = ({ from, to }: Span): { from: string; to: string } => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
});
