import { ApiProblem, get, newKey, post } from '../../lib/api/client';
import { goToLogin } from '../../lib/api/session';
import type { Schemas } from '../../lib/api/types';
import { language, t } from '../../lib/i18n/index.svelte';
import { isoFromBox } from '../../lib/time/zone';
import type { Saying } from '../../lib/ui/said.svelte';

export type Row = Schemas['PolicyRow'];
export type Whole = Schemas['PolicyAnswer'];
export type Check = Schemas['PolicyCheckAnswer'];
export type Change = Schemas['ChangeRow'];
export type Figure = Schemas['FigureRow'];
export type State = Row['state'];
export type Words = Schemas['Say'];

export const TABS = ['document', 'figures', 'changes', 'preview', 'what_if'] as const;
export type Tab = (typeof TABS)[number];

/** The server's words in the reader's language. */
export const said = (words: Words | null | undefined): string =>
  words ? (language() === 'zh' ? words.zh : words.en) : '';

/** A text that is being written and is not a version yet. */
export interface Draft {
  code: string;
  /** The version it was begun from. */
  base: number;
  text: string;
}

const STORED = 'paidan.policies.draft';
const PAUSE_MS = 350;

/** One policy's versions, the newest first; `shown`: the one in force, else the newest. */
export interface Kept {
  code: string;
  shown: Row;
  versions: readonly Row[];
}

/** Versions by code, in the order of their names' use: in force first, then the others. */
export function keptOf(rows: readonly Row[]): Kept[] {
  const codes = new Map<string, Row[]>();
  for (const row of rows) codes.set(row.code, [...(codes.get(row.code) ?? []), row]);
  return [...codes].map(([code, versions]) => {
    const shown = versions.find(({ state }) => state === 'in_force') ?? versions[0];
    if (!shown) throw new Error(code);
    return { code, shown, versions };
  });
}

/** What stands out in a list: a version waits, or is to come, beside the one that is shown. */
export const besides = ({ shown, versions }: Kept): Row[] =>
  versions.filter((row) => row !== shown && (row.state === 'waiting' || row.state === 'future'));

function kept(): Draft | null {
  try {
    return JSON.parse(sessionStorage.getItem(STORED) ?? 'null') as Draft | null;
  } catch {
    return null;
  }
}

/** The list, the version that is open, and the draft with what the server says about it. */
export class Policies {
  rows = $state.raw<readonly Row[] | null>(null);
  problem = $state.raw<unknown>(null);
  code = $state<string | null>(null);
  version = $state<number | null>(null);
  whole = $state.raw<Whole | null>(null);
  wholeProblem = $state.raw<unknown>(null);
  tab = $state<Tab>('document');
  draft = $state.raw<Draft | null>(kept());
  check = $state.raw<Check | null>(null);
  checking = $state(false);
  changes = $state.raw<readonly Change[] | null>(null);
  effective = $state('');
  note = $state('');
  saving = $state(false);
  /** May this person keep versions? Who may not can still look at a draft. */
  mayKeep = $state(false);
  #round = $state(0);

  readonly list = $derived(keptOf(this.rows ?? []));
  readonly chosen = $derived(this.list.find(({ code }) => code === this.code) ?? null);
  readonly editing = $derived(this.draft !== null && this.draft.code === this.code);
  readonly text = $derived(this.editing ? (this.draft?.text ?? '') : (this.whole?.document ?? ''));
  readonly policy = $derived(this.editing ? (this.check?.policy ?? null) : (this.whole?.policy ?? null));
  readonly figures: readonly Figure[] = $derived(
    this.editing ? (this.check?.figures ?? []) : (this.whole?.figures ?? []),
  );
  readonly names = $derived(
    this.list.map(({ code, shown }) => ({ code, name_zh: shown.name.zh, name_en: shown.name.en })),
  );

  constructor(private readonly saying: Saying) {}

  async load(): Promise<void> {
    try {
      const found = await get<Schemas['PolicyList']>('/api/sla/policies');
      [this.rows, this.problem] = [found.policies, null];
      if (this.code === null) this.code = this.draft?.code ?? this.list[0]?.code ?? null;
    } catch (problem) {
      this.#refused(problem);
      this.problem = problem;
    }
  }

  /** Fetch the version that is open; an effect's body. */
  follow(): () => void {
    const { code, version } = this;
    void this.#round;
    if (code === null) return () => {};
    let stale = false;
    const query = version === null ? '' : `?version=${version}`;
    get<Whole>(`/api/sla/policies/${code}${query}`).then(
      (found) => {
        if (!stale) [this.whole, this.wholeProblem] = [found, null];
      },
      (problem: unknown) => {
        if (stale) return;
        this.#refused(problem);
        [this.whole, this.wholeProblem] = [null, problem];
      },
    );
    return () => (stale = true);
  }

  /** Let the server read the draft as it is written; an effect's body. */
  followDraft(): () => void {
    const { draft } = this;
    sessionStorage.setItem(STORED, JSON.stringify(draft));
    if (!draft || !this.mayKeep) return () => {};
    let stale = false;
    this.checking = true;
    const ask = async (): Promise<void> => {
      try {
        const found = await post<Check>('/api/sla/policies/validate', { document: draft.text || ' ' });
        if (!stale) this.check = found;
      } catch (problem) {
        if (!stale) this.#refuse(problem);
      }
      if (!stale) this.checking = false;
    };
    const soon = setTimeout(() => void ask(), PAUSE_MS);
    return () => {
      stale = true;
      clearTimeout(soon);
    };
  }

  /** What differs from the version before, while that is looked at; an effect's body. */
  followChanges(): () => void {
    const { draft, whole, editing, check } = this;
    const before = editing ? draft?.base : whole ? this.#before(whole) : undefined;
    this.changes = null;
    if (this.tab !== 'changes' || !whole || before === undefined) return () => {};
    if (editing && this.mayKeep && !check?.valid) return () => {};
    let stale = false;
    const after = editing ? { document: draft?.text } : { code: whole.code, version: whole.version };
    post<Schemas['PolicyDiffAnswer']>('/api/sla/policies/diff', { before: { code: whole.code, version: before }, after }).then(
      (found) => {
        if (!stale) this.changes = found.changes;
      },
      (problem: unknown) => {
        if (!stale) this.#refuse(problem);
      },
    );
    return () => (stale = true);
  }

  #before({ code, version }: Whole): number | undefined {
    const older = this.rows?.filter((row) => row.code === code && row.version < version) ?? [];
    return older.length > 0 ? Math.max(...older.map((row) => row.version)) : undefined;
  }

  /** The version that the changes are shown against; undefined: there is none before. */
  readonly against = $derived(
    this.editing ? this.draft?.base : this.whole ? this.#before(this.whole) : undefined,
  );

  open(code: string, version: number | null = null): void {
    if (code === this.code && version === this.version) return;
    if (code !== this.code) this.whole = null;
    [this.code, this.version] = [code, version];
    this.saying.moveOn();
  }

  step(by: number): void {
    const at = this.list.findIndex(({ code }) => code === this.code);
    const next = this.list[Math.max(0, Math.min(this.list.length - 1, at + by))];
    if (next) this.open(next.code);
  }

  /** Begin a new version from the one that is open, under the next number. */
  edit(): void {
    const { whole } = this;
    if (!whole || this.editing) return;
    const text = whole.document.replace(/^version\s*=\s*\d+/m, `version = ${whole.next_version}`);
    this.begin({ code: whole.code, base: whole.version, text });
  }

  begin(draft: Draft): void {
    this.saying.say(null);
    [this.draft, this.check, this.note, this.effective] = [draft, null, '', ''];
    this.tab = 'document';
    this.open(draft.code, draft.base);
  }

  write(text: string): void {
    if (this.draft) this.draft = { ...this.draft, text };
  }

  /** Put the draft away; it can be taken back while nothing else is done. */
  discard(): void {
    const { draft } = this;
    if (!draft) return;
    [this.draft, this.check] = [null, null];
    this.saying.say({
      tone: 'done',
      text: t('policies.discarded'),
      offer: { label: t('policies.discarded.undo'), act: () => this.begin(draft) },
    });
  }

  /** Keep the draft as a version. */
  async save(): Promise<void> {
    const { draft, check } = this;
    if (!draft || !check?.valid || this.saving) return;
    this.saving = true;
    const body = {
      document: draft.text,
      effective_from: isoFromBox(this.effective) || null,
      note: this.note.trim() || null,
    };
    try {
      const row = await post<Row>('/api/sla/policies', body, newKey());
      [this.draft, this.check] = [null, null];
      await this.load();
      this.open(row.code, row.version);
      this.saying.say({ tone: 'done', text: t('policies.saved', { policy: `${row.code}@${row.version}`, state: t(`policies.state.${row.state}`) }) });
    } catch (problem) {
      this.#refuse(problem);
    }
    this.saving = false;
  }

  /** Confirm doubtful figures, switch on or off. */
  async decide(what: 'confirm' | 'enable' | 'disable'): Promise<void> {
    const { whole } = this;
    if (!whole || this.saving) return;
    this.saving = true;
    try {
      const row = await post<Row>(`/api/sla/policies/${whole.code}/${whole.version}/${what}`, {});
      await this.load();
      this.version = row.version;
      this.#round += 1;
      this.saying.say({ tone: 'done', text: t(`policies.did.${what}`, { policy: `${row.code}@${row.version}`, state: t(`policies.state.${row.state}`) }) });
    } catch (problem) {
      this.#refuse(problem);
    }
    this.saving = false;
  }

  #refused(problem: unknown): void {
    if (problem instanceof ApiProblem && problem.status === 401) goToLogin();
  }

  #refuse(problem: unknown): void {
    this.#refused(problem);
    const text = problem instanceof ApiProblem ? problem.detail : t('ui.offline');
    this.saying.say({ tone: 'refused', text });
  }
}
