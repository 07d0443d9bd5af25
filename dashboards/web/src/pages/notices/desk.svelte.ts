import { createContext } from 'svelte';
import { ApiProblem, get, newKey, post } from '../../lib/api/client';
import { goToLogin, may } from '../../lib/api/session';
import type { Schemas } from '../../lib/api/types';
import { t } from '../../lib/i18n/index.svelte';
import { Polled } from '../../lib/live/polled.svelte';
import { Saying } from '../../lib/ui/said.svelte';

export type Campaign = Schemas['CampaignRow'];
export type CampaignPage = Schemas['CampaignPage'];
export type Preview = Schemas['CampaignPreview'];
export type Template = Schemas['TemplateRow'];
export type Templates = Schemas['Templates'];
export type Stop = Schemas['SuppressionRow'];
export type Act = 'start' | 'pause' | 'resume' | 'cancel';
export type View = 'sent' | 'texts' | 'stops';
export const VIEWS: readonly View[] = ['sent', 'texts', 'stops'];

const LIST_MS = 2000;
const PAGE_MS = 1000;
const STOPS_MS = 15_000;

/** What may be done with a notice in each state. */
const ACTS: Record<Campaign['state'], readonly Act[]> = {
  draft: ['start', 'cancel'],
  running: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  cancelled: [],
  done: [],
};

/** States of a number for which the carrier has not been asked for anything. */
const INSIDE = ['waiting', 'queued', 'cancelled'];

/** For how many numbers it has left the house, and of how many; what was cancelled has not. */
export function gone({ progress }: Pick<Campaign, 'progress'>): [number, number] {
  const counts = Object.entries(progress ?? {}).filter(([state]) => state !== 'excluded');
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const inside = counts.filter(([state]) => INSIDE.includes(state)).reduce((sum, [, count]) => sum + count, 0);
  return [total - inside, total];
}

/** The page's state: notices, the one that is looked at, a new one, texts, who stopped them. */
export class NoticeDesk {
  readonly list = new Polled<Campaign[]>(LIST_MS);
  readonly page = new Polled<CampaignPage>(PAGE_MS);
  readonly stops = new Polled<Stop[]>(STOPS_MS);
  readonly saying = new Saying();
  templates = $state.raw<Templates | null>(null);
  problem = $state.raw<unknown>(null);
  view = $state<View>('sent');
  shownId = $state<string | null>(null);
  /** A new notice, or a number that stops them, is being written. */
  writing = $state(false);
  refusal = $state('');

  async enter(): Promise<void> {
    try {
      this.problem = null;
      this.templates = await get<Templates>('/api/templates');
    } catch (error) {
      this.problem = error;
    }
  }

  get maySend(): boolean {
    return may('notice.send');
  }

  get mayStop(): boolean {
    return may('personal.view') && may('directory.edit');
  }

  acts(campaign: Campaign | null): readonly Act[] {
    return campaign && this.maySend ? ACTS[campaign.state] : [];
  }

  choose(view: View): void {
    this.view = view;
    this.writing = false;
  }

  show(id: string | null): void {
    this.shownId = id;
    this.writing = false;
  }

  write(): void {
    const may = this.view === 'sent' ? this.maySend : this.view === 'stops' && this.mayStop;
    this.refusal = '';
    if (may) this.writing = true;
  }

  back(): void {
    if (this.writing) this.writing = false;
    else this.shownId = null;
  }

  step(by: 1 | -1): void {
    const rows = this.list.data ?? [];
    const place = rows.findIndex(({ id }) => id === this.shownId);
    const next = rows[place < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, place + by))];
    if (next) this.show(next.id);
  }

  async act(act: Act, campaign: Campaign | null = this.page.data): Promise<void> {
    if (!campaign || !this.acts(campaign).includes(act)) return;
    await this.#write(async () => {
      const page = await post<CampaignPage>(`/api/campaigns/${campaign.id}/${act}`, null, newKey());
      if (page.id === this.shownId) this.page.show(page);
      void this.list.again();
      return t(`notices.said.${act}`);
    });
  }

  /** Write a notice down, and start it where that is wished. */
  async send(wish: object, start: boolean): Promise<void> {
    let made: CampaignPage | null = null;
    await this.#write(async () => {
      made = await post<CampaignPage>('/api/campaigns', wish, newKey());
      this.show(made.id);
      void this.list.again();
      return t('notices.said.draft');
    });
    if (made && start) await this.act('start', made);
  }

  async stop(wish: object): Promise<void> {
    await this.#write(async () => {
      await post('/api/suppressions', wish, newKey());
      this.writing = false;
      void this.stops.again();
      return t('notices.stops.said');
    });
  }

  async lift(stop: Stop): Promise<void> {
    await this.#write(async () => {
      await post(`/api/suppressions/${stop.id}/remove`, null, newKey());
      void this.stops.again();
      return t('notices.stops.lifted');
    });
  }

  async #write(work: () => Promise<string>): Promise<void> {
    this.refusal = '';
    try {
      this.saying.say({ tone: 'busy', text: t('action.busy') });
      this.saying.say({ tone: 'done', text: await work() });
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) goToLogin();
      const known = error instanceof ApiProblem ? (error.fields[0]?.message ?? error.detail) : null;
      this.refusal = known ?? t('ui.offline');
      this.saying.say({ tone: 'refused', text: this.refusal });
    }
  }
}

export const [noticeDesk, provideNoticeDesk] = createContext<NoticeDesk>();
