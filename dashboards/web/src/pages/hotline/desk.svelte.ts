import { getContext, setContext } from 'svelte';
import { ApiProblem, get, newKey, post } from '../../lib/api/client';
import { goToLogin } from '../../lib/api/session';
import type { Call, Id, Schemas } from '../../lib/api/types';
import { Desk } from '../../lib/desk/desk.svelte';
import { t } from '../../lib/i18n/index.svelte';
import { CallsFeed } from '../../lib/live/calls.svelte';
import { AgentsFeed } from '../../lib/phone/agents.svelte';
import { byState, callOf, speaking, supervised, waitingByQueue, type Supervision } from '../../lib/phone/rules';
import type { AgentRow } from '../../lib/phone/types';
import { serverClock } from '../../lib/time/clock.svelte';
import { Figures } from './figures.svelte';
import { spaced } from '../../lib/intake/point';
import { peopleOf, type Equipment, type OwnNumber, type Person, type Staff } from './staff';

export const WAYS = ['listen', 'whisper', 'barge'] as const;
export type How = (typeof WAYS)[number];
type Mode = How | 'stop';
export type AnnouncementDesk = Schemas['AnnouncementDesk'];
export const VIEWS = ['now', 'staff'] as const;
export type View = (typeof VIEWS)[number];
export type Question = 'phone' | 'announce' | 'numbers' | 'keys' | { person: Person };

/** A telephone that was asked to ring rings no longer than this. */
const RING_MS = 40_000;

/** The hotline as its supervisor sees it: agents and what they do, who waits, figures. */
export class HotlineDesk extends Desk {
  readonly calls = new CallsFeed();
  readonly agentsFeed = new AgentsFeed();
  readonly figures = new Figures();
  question = $state.raw<Question | null>(null);
  announcing = $state.raw<AnnouncementDesk | null>(null);
  agentId = $state<Id | null>(null);
  view = $state<View>('now');
  /** Who is set up for what; null until it was fetched. */
  staff = $state.raw<Staff | null>(null);
  busy = $state(false);
  /** My telephone was asked to ring for this call. */
  #asked = $state.raw<{ callId: Id; at: number } | null>(null);

  constructor() {
    super();
    this.feed.carry(this.calls);
    this.feed.carry(this.agentsFeed);
  }

  readonly me = $derived(this.session?.user.id ?? '');
  readonly ready = $derived(this.calls.byId !== null && this.agentsFeed.byId !== null);
  readonly agents: AgentRow[] = $derived.by(() =>
    byState([...(this.agentsFeed.byId?.values() ?? [])].filter(({ answers }) => answers)),
  );
  readonly supervisions: Supervision[] = $derived.by(() => supervised(this.agents, this.calls.byId));
  /** The call in which I listen, whisper or speak. */
  readonly mine: Supervision | null = $derived(this.supervisions.find(({ who }) => who.id === this.me) ?? null);
  readonly agent: AgentRow | null = $derived(this.agents.find(({ id }) => id === this.agentId) ?? null);
  readonly people: Person[] = $derived.by(() => peopleOf(this.staff, this.agentsFeed.byId));
  /** Who may answer, and gets no calls: no skills are set, or none that a queue asks for. */
  readonly unserving = $derived(this.people.filter(({ answers, serves }) => answers && serves.length === 0));
  /** No number is registered, and what nobody has registered is not ours: no call comes. */
  readonly unreachable = $derived(this.staff !== null && this.staff.numbers.length === 0 && !this.staff.takes_unknown);
  readonly waiting = $derived.by(() => waitingByQueue(this.calls.byId?.values() ?? [], this.agents));
  readonly maySupervise = $derived(this.rights.has('call.supervise'));
  /** My telephone rings: for whose call. */
  readonly ringing: AgentRow | null = $derived.by(() => {
    const asked = this.#asked;
    if (!asked || this.mine || serverClock.now - asked.at > RING_MS) return null;
    return this.agents.find((one) => speaking(one)?.call_id === asked.callId) ?? null;
  });

  callOf(agent: AgentRow): Call | null {
    return this.calls.byId?.get(callOf(agent) ?? '') ?? null;
  }

  step(by: 1 | -1): void {
    const ids = (this.view === 'staff' ? this.people : this.agents).map(({ id }) => id);
    const at = this.agentId ? ids.indexOf(this.agentId) : -1;
    this.agentId = ids[at < 0 ? 0 : Math.max(0, Math.min(ids.length - 1, at + by))] ?? null;
  }

  /** Listen, whisper or join where the chosen agent speaks, or in the call that I am in. */
  async supervise(mode: Mode): Promise<void> {
    if (!this.maySupervise || this.busy) return;
    const chosen = this.agent && speaking(this.agent);
    const callId = mode === 'stop' ? (this.mine?.callId ?? this.#asked?.callId) : (chosen?.call_id ?? this.mine?.callId);
    if (!callId) {
      this.said = { tone: 'refused', text: t(mode === 'stop' ? 'hotline.not_in' : 'hotline.no_call') };
      return;
    }
    if (mode !== 'stop' && !this.agentsFeed.words?.phone) {
      this.question = 'phone';
      return;
    }
    if (mode !== 'stop' && this.mine && this.mine.callId !== callId) await this.#tell('stop', this.mine.callId);
    if (await this.#tell(mode, callId)) this.#asked = mode === 'stop' ? null : { callId, at: serverClock.exact() };
  }

  #tell(mode: Mode, callId: Id): Promise<boolean> {
    const changed = this.mine?.callId === callId && mode !== 'stop';
    const done = t(mode === 'stop' ? 'hotline.done.stop' : changed ? 'hotline.done.changed' : 'hotline.done.rings');
    return this.send(t(`hotline.act.${mode}`), `/api/calls/${callId}/supervise`, { mode }, done);
  }

  show(view: View): void {
    this.view = view;
    if (view === 'staff') void this.loadStaff();
  }

  async loadStaff(): Promise<void> {
    try {
      this.staff = await get<Staff>('/api/hotline/staff');
    } catch (error) {
      this.#refused(error, t('hotline.view.staff'), () => void this.loadStaff());
    }
  }

  /** Set somebody's skills, languages and telephone. */
  edit(id: Id): void {
    const person = this.people.find((one) => one.id === id);
    if (person) [this.agentId, this.question] = [id, { person }];
  }

  async equip({ id, name }: Person, body: Equipment): Promise<void> {
    const done = t('hotline.staff.done', { name });
    if (!(await this.send(t('hotline.view.staff'), `/api/agents/${id}`, body, done))) return;
    this.question = null;
    await this.loadStaff();
    if (id === this.me) await this.agentsFeed.askOwn();
  }

  /** Register a number that callers dial, or name one that is ours. What refused it, else nothing. */
  async keepNumber(number: string, label: string, known: OwnNumber | null): Promise<string> {
    const path = known ? `/api/hotline/numbers/${known.id}` : '/api/hotline/numbers';
    const body = known ? { label } : { number, label };
    const done = t(`hotline.numbers.done.${known ? 'rename' : 'add'}`, { number: spaced(number) });
    return this.#number(path, body, done);
  }

  async withdrawNumber({ id, number }: OwnNumber): Promise<string> {
    const done = t('hotline.numbers.done.withdraw', { number: spaced(number) });
    return this.#number(`/api/hotline/numbers/${id}/withdraw`, {}, done);
  }

  async #number(path: string, body: object, done: string): Promise<string> {
    const sent = await this.send(t('hotline.numbers'), path, body, done);
    await this.loadStaff();
    return sent ? '' : (this.said?.text ?? '');
  }

  async useNumber(phone: string): Promise<void> {
    this.question = null;
    const done = t('phone.number.done', { number: phone });
    if (await this.send(t('phone.number'), `/api/agents/${this.me}`, { phone }, done)) {
      await this.agentsFeed.ownPhone(phone);
    }
  }

  /** What turning an announcement on needs, fetched when it is asked for. */
  async openAnnouncement(): Promise<void> {
    if (!this.rights.has('call.announce')) return;
    this.announcing = null;
    this.question = 'announce';
    try {
      this.announcing = await get<AnnouncementDesk>('/api/announcement/desk');
    } catch (error) {
      this.question = null;
      this.#refused(error, t('announce.title'));
    }
  }

  async announce(zh: string, en: string): Promise<void> {
    if (await this.send(t('announce.title'), '/api/announcement', { zh, en }, t('announce.done.on'))) this.question = null;
  }

  async endAnnouncement(): Promise<void> {
    const on = this.agentsFeed.announcement;
    if (!on) return;
    const path = `/api/announcement/${on.id}/end`;
    if (await this.send(t('announce.title'), path, {}, t('announce.done.off'))) this.question = null;
  }

  /** True where it was done. A lost answer can be asked again: it is done once. */
  async send(act: string, path: string, body: object, done: string, key = newKey()): Promise<boolean> {
    this.busy = true;
    try {
      await post<unknown>(path, body, key);
      this.said = { tone: 'done', text: done };
      return true;
    } catch (error) {
      this.#refused(error, act, () => void this.send(act, path, body, done, key));
      return false;
    } finally {
      this.busy = false;
    }
  }

  #refused(error: unknown, act: string, again?: () => void): void {
    if (error instanceof ApiProblem) {
      if (error.status === 401) goToLogin();
      this.said = { tone: 'refused', text: error.detail };
      return;
    }
    const text = t('phone.not_reached', { act });
    this.said = again ? { tone: 'refused', text, offer: { label: t('app.retry'), act: again } } : { tone: 'refused', text };
  }
}

const HOTLINE = Symbol('hotline');
export const provideHotline = (desk: HotlineDesk): HotlineDesk => setContext(HOTLINE, desk);
export const useHotline = (): HotlineDesk => getContext<HotlineDesk>(HOTLINE);
