import { ApiProblem, newKey, post } from '../../lib/api/client';
import { goToLogin } from '../../lib/api/session';
import type { Call, Id } from '../../lib/api/types';
import { locale, t } from '../../lib/i18n/index.svelte';
import { AgentsFeed } from '../../lib/phone/agents.svelte';
import { byState, company, connected, possible, proposed, speaking, waitingByQueue, type Act } from '../../lib/phone/rules';
import { asked, isTape } from '../../lib/phone/tape';
import type { AgentRow, AgentState, Callback, Word } from '../../lib/phone/types';
import { serverClock } from '../../lib/time/clock.svelte';
import { clockTime } from '../../lib/time/format';
import type { Said } from '../../lib/ui/said.svelte';

/** What the telephone needs of the desk on which it stands. */
interface Around {
  readonly me: Id;
  readonly call: Call | null;
  readonly calls: { readonly byId: ReadonlyMap<Id, Call> | null };
  said: Said | null;
}

/** What is asked before an act. */
export type PhoneAsking = 'break' | 'dispose' | 'transfer' | 'number' | { callback: Callback } | null;
export type Way = 'transfer' | 'consult' | 'add';
export type Target = { queue: string } | { user_id: Id } | { number: string };


/** Seconds that one press adds to after-call work. */
const LONGER_S = 60;

/** The telephone of an agent whom Paidan connects. Without one, calls are taken by hand. */
export class Phone {
  readonly feed = new AgentsFeed();
  asking = $state.raw<PhoneAsking>(null);
  busy = $state(false);

  constructor(private readonly desk: Around) {}

  readonly me: AgentRow | null = $derived.by(() => this.feed.byId?.get(this.desk.me) ?? null);
  readonly connected = $derived(connected(this.me));
  readonly part = $derived(speaking(this.me));
  /** The call in which I speak. */
  readonly call: Call | null = $derived.by(() => this.desk.calls.byId?.get(this.part?.call_id ?? '') ?? null);
  /** Colleagues in it, or being called for it. */
  readonly company = $derived.by(() =>
    this.part ? company(this.desk.me, this.part.call_id, this.feed.byId?.values() ?? []) : [],
  );
  readonly acts = $derived.by(() =>
    possible(this.me, {
      viewed: this.desk.call?.id ?? null,
      held: this.call?.held_since != null,
      helped: this.company.length > 0 || this.call?.third === true,
    }),
  );
  readonly waiting = $derived.by(() =>
    waitingByQueue(this.desk.calls.byId?.values() ?? [], this.feed.byId?.values() ?? []),
  );
  readonly agents = $derived.by(() => byState(this.feed.byId?.values() ?? []));

  named(kind: 'queues' | 'reasons' | 'dispositions', code: string | null): string {
    return this.feed.named(kind, code);
  }

  /** Those that a person chooses. */
  choices(kind: 'reasons' | 'dispositions'): Word[] {
    return (this.feed.words?.[kind] ?? []).filter(({ system }) => !system);
  }

  /** The call that the acts are about. */
  get #callId(): Id | null {
    const me = this.me;
    if (!me) return null;
    return this.part?.call_id ?? (me.state === 'wrap_up' ? me.call_id : (this.desk.call?.id ?? null));
  }

  /** The disposition that stands, or the one that follows from what was filed. */
  get result(): string | null {
    const id = this.#callId;
    const tickets = (id && this.desk.calls.byId?.get(id)?.tickets) || [];
    return this.#said ?? proposed(tickets, this.choices('dispositions'));
  }

  get #said(): string | null {
    return this.me?.calls.find(({ call_id }) => call_id === this.#callId)?.disposition ?? null;
  }

  async become(state: AgentState, reason: string | null = null): Promise<void> {
    this.asking = null;
    if (this.me?.state === 'wrap_up' && state === 'available') {
      await this.do('done');
      return;
    }
    const said = t(`phone.state.${state}`);
    const later = this.me?.state === 'reserved' || this.me?.state === 'on_call';
    const done = later ? t('phone.done.state_later', { state: said }) : t('phone.done.state', { state: said });
    await this.#send(t('phone.act.state'), '/api/agent/state', { state, reason }, done);
  }

  /** Do it at once, or ask first for what it needs. */
  async do(act: Act): Promise<void> {
    if (!this.acts.includes(act)) return;
    if (act === 'transfer' || act === 'dispose') this.asking = act;
    else if (act === 'done') await this.#finish();
    else await this.#plain(act);
  }

  async #plain(act: Exclude<Act, 'transfer' | 'dispose' | 'done'>): Promise<void> {
    const offer = this.me?.offer?.id ?? '';
    const path =
      act === 'decline'
        ? `/api/offers/${offer}/decline`
        : act === 'extend'
          ? '/api/agent/wrap-up/extend'
          : `/api/calls/${this.#callId ?? ''}/${isTape(act) ? 'recording' : act.replace('_', '-')}`;
    const body = act === 'extend' ? { seconds: LONGER_S } : isTape(act) ? { act: asked(act) } : {};
    await this.#send(t(`phone.act.${act}`), path, body, t(`phone.done.${act}`));
  }

  /** After-call work is over. What was filed says what the call came to, where nobody said it. */
  async #finish(): Promise<void> {
    const { result } = this;
    if (result && this.#said === null) await this.dispose(result);
    await this.#send(t('phone.act.done'), '/api/agent/wrap-up/end', {}, t('phone.done.done'));
  }

  async dispose(code: string): Promise<void> {
    this.asking = null;
    const name = this.named('dispositions', code);
    const path = `/api/calls/${this.#callId ?? ''}/disposition`;
    await this.#send(t('phone.act.dispose'), path, { disposition: code }, t('phone.done.dispose', { name }));
  }

  async cancel({ id }: Callback): Promise<void> {
    this.asking = null;
    await this.#send(t('phone.callback.cancel'), `/api/callbacks/${id}/cancel`, {}, t('phone.done.cancel'));
  }

  async reschedule({ id }: Callback, minutes: number): Promise<void> {
    this.asking = null;
    const at = new Date(serverClock.exact() + minutes * 60_000).toISOString();
    const time = clockTime(at, serverClock.now, locale()).slice(0, -3);
    await this.#send(t('phone.callbacks'), `/api/callbacks/${id}/reschedule`, { at }, t('phone.done.reschedule', { time }));
  }

  /** The telephone that rings for me. */
  async useNumber(phone: string): Promise<void> {
    this.asking = null;
    await this.#send(t('phone.number'), '/api/agent/phone', { phone }, t('phone.number.done', { number: phone }));
    await this.feed.ownPhone(phone).catch(() => {}); // the number that the dialogue shows next time
  }

  async pass(way: Way, to: Target): Promise<void> {
    this.asking = null;
    await this.#send(t('phone.act.transfer'), `/api/calls/${this.#callId ?? ''}/${way}`, to, t(`phone.done.${way}`));
  }

  /** Rows come by the feed; where the answer is one's own, it is shown before. */
  async #send(act: string, path: string, body: object, done: string, key = newKey()): Promise<void> {
    this.busy = true;
    try {
      const row = await post<AgentRow | Callback>(path, body, key);
      if ('has_phone' in row) this.feed.show(row);
      else this.feed.showCallback(row);
      this.desk.said = { tone: 'done', text: done };
    } catch (error) {
      this.desk.said = this.#refused(error, act, () => void this.#send(act, path, body, done, key));
    } finally {
      this.busy = false;
    }
  }

  #refused(error: unknown, act: string, again: () => void): Said {
    if (!(error instanceof ApiProblem)) {
      const offer = { label: t('app.retry'), act: again };
      return { tone: 'refused', text: t('phone.not_reached', { act }), offer };
    }
    if (error.status === 401) goToLogin();
    return { tone: 'refused', text: error.detail };
  }
}
