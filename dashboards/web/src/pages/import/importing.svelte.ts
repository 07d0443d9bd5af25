import { createContext } from 'svelte';
import { ApiProblem, get, newKey, NotReached, post } from '../../lib/api/client';
import { goToLogin } from '../../lib/api/session';
import type { Schemas } from '../../lib/api/types';
import { upload } from '../../lib/api/upload';
import { language, t } from '../../lib/i18n/index.svelte';
import { Saying } from '../../lib/ui/said.svelte';

export type Run = Schemas['ImportRunRow'];
export type Kind = Schemas['ImportKind'];
export type KindCode = Kind['code'];
export type Rules = Schemas['ImportReference'];
export type Problems = Schemas['ImportProblems'];

const POLL_MS = 700;
export const PAGE_ROWS = 200;

export const ended = (run: Run): boolean =>
  run.state === 'done' || run.state === 'cancelled' || run.state === 'failed';

/** A run in one word; a dry run that is through was checked, not imported. */
export type Standing = Run['state'] | 'checked';
export const standing = (run: Run): Standing =>
  run.dry_run && run.state === 'done' ? 'checked' : run.state;

/** The header of a column in a language's template, legible. */
export const headerOf = (column: Kind['columns'][number], language: 'zh' | 'en'): string =>
  (column.headers[language === 'zh' ? 0 : 1] ?? column.name).replaceAll('_', ' ');

/** Rows that importing the file of a dry run would write. */
export const writable = (run: Run): number => run.added + run.changed;

export const importable = (run: Run): boolean =>
  standing(run) === 'checked' && run.kept && writable(run) > 0;

/** The page's state: the kind that is chosen, runs, the one that is shown and what is wrong in it. */
export class Importing {
  reference = $state.raw<Rules | null>(null);
  runs = $state.raw<readonly Run[] | null>(null);
  problem = $state.raw<unknown>(null);
  kind = $state<KindCode>('customers');
  shownId = $state<string | null>(null);
  problems = $state.raw<Problems | null>(null);
  rule = $state<string | null>(null);
  sending = $state<string | null>(null);
  readonly saying = new Saying();
  readonly shown = $derived(this.runs?.find(({ id }) => id === this.shownId) ?? null);
  readonly chosen = $derived(this.reference?.kinds.find(({ code }) => code === this.kind) ?? null);
  #asked = 0;

  async enter(): Promise<void> {
    try {
      this.problem = null;
      this.reference = await get<Rules>('/api/imports/reference');
      await this.look();
      const running = this.runs?.find((run) => !ended(run));
      if (running && this.shownId === null) this.show(running);
    } catch (error) {
      this.#refused(error);
      this.problem = error;
    }
  }

  async look(): Promise<void> {
    this.runs = await get<Run[]>('/api/imports');
  }

  /** Ask again and again while something runs; returns how to stop. */
  follow(): () => void {
    const timer = setInterval(() => {
      if (this.runs?.some((run) => !ended(run))) void this.#beat();
    }, POLL_MS);
    return () => clearInterval(timer);
  }

  async #beat(): Promise<void> {
    const before = this.shown;
    try {
      await this.look();
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) goToLogin();
      return;
    }
    const after = this.shown;
    if (before && after && !ended(before) && ended(after)) {
      await this.lookAtProblems();
      this.#tell(after);
    }
  }

  #tell(run: Run): void {
    const figures = { file: run.file_name, rejected: run.rejected };
    if (run.state === 'failed') this.saying.say({ tone: 'refused', text: run.failure ?? '' });
    else if (run.state === 'done')
      this.saying.say({
        tone: 'done',
        text: run.dry_run
          ? t('import.said.checked', figures)
          : t('import.said.done', { ...figures, added: run.added, changed: run.changed }),
      });
  }

  choose(kind: KindCode): void {
    this.kind = kind;
    this.shownId = null;
  }

  show(run: Run): void {
    this.saying.moveOn();
    this.shownId = run.id;
    this.kind = run.kind;
    this.rule = null;
    this.problems = null;
    void this.lookAtProblems();
  }

  async lookAtProblems(rule: string | null = this.rule): Promise<void> {
    const id = this.shownId;
    if (id === null) return;
    this.rule = rule;
    const turn = ++this.#asked;
    try {
      const found = await get<Problems>(this.#problemsPath(id, 0));
      if (turn === this.#asked) this.problems = found;
    } catch (error) {
      this.#refused(error);
    }
  }

  async moreProblems(): Promise<void> {
    const { shownId: id, problems } = this;
    if (id === null || problems?.next == null) return;
    const turn = ++this.#asked;
    try {
      const more = await get<Problems>(this.#problemsPath(id, problems.next));
      if (turn === this.#asked) this.problems = { ...more, rows: [...problems.rows, ...more.rows] };
    } catch (error) {
      this.#refused(error);
    }
  }

  #problemsPath(id: string, after: number): string {
    const rule = this.rule ? `&rule=${this.rule}` : '';
    return `/api/imports/${id}/problems?after=${after}&limit=${PAGE_ROWS}${rule}`;
  }

  /** Upload a file and have it checked. */
  async check(file: File, key = newKey()): Promise<void> {
    if (this.sending !== null) return;
    this.sending = file.name;
    const sent = (share: number | null): void => {
      const percent = Math.round((share ?? 0) * 100);
      this.saying.say({ tone: 'busy', text: t('import.sending', { file: file.name, percent }) });
    };
    sent(0);
    try {
      const wish = { kind: this.kind, dry_run: 'true' };
      const run = await upload<Run>('/api/imports', 'file', file, sent, key, wish);
      await this.#begun(run, t('import.said.queued', { file: file.name }));
    } catch (error) {
      this.#refused(error, () => void this.check(file, key));
    } finally {
      this.sending = null;
    }
  }

  async importIt(): Promise<void> {
    const run = this.shown;
    if (!run || !importable(run)) return;
    try {
      const next = await post<Run>(`/api/imports/${run.id}/import`, null);
      await this.#begun(next, t('import.said.begun', { file: run.file_name }));
    } catch (error) {
      this.#refused(error);
    }
  }

  async cancel(): Promise<void> {
    const run = this.shown;
    if (!run || ended(run)) return;
    try {
      await post<Run>(`/api/imports/${run.id}/cancel`, null);
      await this.look();
      this.saying.say({ tone: 'done', text: t('import.said.cancelled') });
    } catch (error) {
      this.#refused(error);
    }
  }

  async #begun(run: Run, text: string): Promise<void> {
    await this.look();
    this.show(run);
    this.saying.say({ tone: 'done', text });
  }

  /** Where the browser fetches a file from. */
  templatePath(): string {
    return `/api/imports/templates/${this.kind}.csv?language=${language()}`;
  }

  /** The run before or behind the one that is shown. */
  step(by: 1 | -1): void {
    const runs = this.runs ?? [];
    const place = runs.findIndex(({ id }) => id === this.shownId);
    const next = runs[place < 0 ? 0 : Math.max(0, Math.min(runs.length - 1, place + by))];
    if (next) this.show(next);
  }

  #refused(error: unknown, again?: () => void): void {
    if (error instanceof ApiProblem && error.status === 401) goToLogin();
    const text = error instanceof ApiProblem ? error.detail : t('ui.offline');
    const offer =
      again && error instanceof NotReached ? { label: t('app.retry'), act: again } : undefined;
    this.saying.say({ tone: 'refused', text, ...(offer ? { offer } : {}) });
  }
}

export const [importing, provideImporting] = createContext<Importing>();
