import { getContext, setContext } from 'svelte';
import { ApiProblem, newKey, post } from '../../lib/api/client';
import { goToLogin } from '../../lib/api/session';
import type { Id, Reference, Session } from '../../lib/api/types';
import { dueLeft, isLive, queued, triesLeft, waitOf } from '../../lib/followups/rules';
import { nameOf, t } from '../../lib/i18n/index.svelte';
import { Polled } from '../../lib/live/polled.svelte';
import type { FollowUp, FollowUpList, Outcome, Satisfaction, TriedAnswer } from '../../lib/tickets/types';
import { TicketWords } from '../../lib/tickets/words.svelte';
import { workedBy } from '../../lib/phone/rules';
import type { Callback } from '../../lib/phone/types';
import { serverClock } from '../../lib/time/clock.svelte';
import { Saying, type Said } from '../../lib/ui/said.svelte';
import { InVain, type Outcome as Settled } from './vain.svelte';

const EVERY_MS = 10_000;

export const SATISFACTIONS: readonly Satisfaction[] = ['satisfied', 'neutral', 'dissatisfied'];

/** Who calls back, the customers still to be called, and the call that is being made. */
export class FollowUpDesk {
  readonly queue = new Polled<FollowUpList>(EVERY_MS);
  readonly words = new TicketWords();
  /** Call-backs that Paidan has tried in vain. */
  readonly vain = new InVain();
  session = $state.raw<Session | null>(null);
  reference = $state.raw<Reference | null>(null);
  focusId = $state<Id | null>(null);
  /** The customer was reached: how satisfied, is asked. */
  rating = $state(false);
  /** The one that was just done stays in view with what came of it. */
  #done = $state.raw<FollowUp | null>(null);
  /** Order of rows while one of them is in focus: nothing moves under the eyes. */
  #held = $state.raw<readonly Id[]>([]);
  readonly #saying = new Saying();
  #busy = false;

  readonly me = $derived(this.session?.user.id ?? '');
  readonly rows: FollowUp[] = $derived.by(() => {
    const sorted = queued(this.queue.data?.follow_ups ?? [], serverClock.now);
    const place = new Map(this.#held.map((id, index) => [id, index]));
    const at = (row: FollowUp): number => place.get(row.id) ?? Number.POSITIVE_INFINITY;
    return this.focusId ? sorted.sort((a, b) => at(a) - at(b) || 0) : sorted;
  });
  readonly focused: FollowUp | null = $derived(
    this.rows.find(({ id }) => id === this.focusId) ??
      (this.#done?.id === this.focusId ? this.#done : null),
  );
  readonly failed: Callback | null = $derived(this.vain.rows.find(({ id }) => id === this.focusId) ?? null);
  readonly counts = $derived({
    count: this.rows.length,
    late: this.rows.filter((row) => dueLeft(row, serverClock.now).level === 'late').length,
    mine: this.rows.filter((row) => row.claimed_by === this.me).length,
  });

  get said(): Said | null {
    return this.#saying.now;
  }

  set said(next: Said | null) {
    this.#saying.say(next);
  }

  faultName(code: string | null): string {
    const fault = this.reference?.fault_codes.find((each) => each.code === code);
    return fault ? nameOf(fault) : '';
  }

  select(id: Id | null): void {
    if (id !== this.focusId) {
      this.rating = false;
      this.#saying.moveOn();
    }
    if (this.focusId === null || id === null) this.#held = this.rows.map((row) => row.id);
    this.focusId = id;
  }

  move(by: 1 | -1): void {
    const ids = [...this.rows, ...this.vain.rows].map(({ id }) => id);
    const at = this.focusId ? ids.indexOf(this.focusId) : -1;
    const next = ids[at < 0 ? 0 : Math.max(0, Math.min(ids.length - 1, at + by))];
    if (next) this.select(next);
  }

  mayClaim(row: FollowUp): boolean {
    return row.state === 'open' && waitOf(row, serverClock.now) === 0;
  }

  /** The call is mine, and may be made now. */
  mayTry(row: FollowUp): boolean {
    return row.state === 'claimed' && row.claimed_by === this.me;
  }

  claim(row: FollowUp): void {
    if (!this.mayClaim(row)) return;
    void this.#claim(row, null);
  }

  outcome(row: FollowUp, outcome: Outcome, satisfaction: Satisfaction | null = null): void {
    if (!this.mayTry(row)) return;
    this.rating = false;
    const body = satisfaction ? { outcome, satisfaction } : { outcome };
    void this.#act(async (key) => {
      const { follow_up } = await post<TriedAnswer>(`/api/follow-ups/${row.id}/tries`, body, key);
      this.#put(follow_up);
      return this.#became(follow_up, outcome, satisfaction);
    });
  }

  /** Mine to call, until a colleague has taken it up after my time. */
  isMine({ worked_by }: Callback): boolean {
    return worked_by === this.me;
  }

  takeUp(row: Callback): void {
    if (workedBy(row, serverClock.exact())?.id === this.me) return;
    void this.#act((key) => this.vain.takeUp(row, key));
  }

  /** A colleague calls instead. */
  leave(row: Callback): void {
    if (this.isMine(row)) void this.#act((key) => this.vain.giveBack(row, key));
  }

  /** What a person made of a call-back that was tried in vain. */
  settle(row: Callback, outcome: Settled): void {
    if (this.isMine(row)) void this.#act((key) => this.vain.settle(row, outcome, key));
  }

  callAgain(row: Callback): void {
    if (this.isMine(row)) void this.#act((key) => this.vain.again(row, key));
  }

  /** From a colleague who cannot make the call after all. */
  takeOver(row: FollowUp, reason: string): void {
    void this.#claim(row, reason);
  }

  /** Back to the queue: somebody else makes the call. */
  giveBack(row: FollowUp): void {
    if (!this.mayTry(row)) return;
    void this.#act(async (key) => {
      this.#put(await post<FollowUp>(`/api/follow-ups/${row.id}/give-back`, {}, key));
      return t('followup.said.given_back', { number: numberOf(row) });
    });
  }

  #claim(row: FollowUp, reason: string | null): Promise<void> {
    return this.#act(async (key) => {
      this.#put(await post<FollowUp>(`/api/follow-ups/${row.id}/claim`, reason ? { reason } : {}, key));
      return t('followup.said.claimed', { number: numberOf(row) });
    });
  }

  #became(after: FollowUp, outcome: Outcome, satisfaction: Satisfaction | null): string {
    const number = numberOf(after);
    if (after.complaint_number) return t('followup.said.complaint', { number, complaint: after.complaint_number });
    if (satisfaction) return t('followup.said.rated', { number, satisfaction: this.words.of('satisfactions', satisfaction) });
    if (outcome === 'refused') return t('followup.said.refused', { number });
    return isLive(after) ? t('followup.said.again', { number, left: triesLeft(after) }) : t('followup.said.given_up', { number });
  }

  async #act(act: (key: string) => Promise<string>, key = newKey()): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.said = { tone: 'busy', text: t('action.busy') };
    try {
      this.said = { tone: 'done', text: await act(key) };
    } catch (error) {
      this.#refused(error, () => void this.#act(act, key));
    } finally {
      this.#busy = false;
    }
    void this.queue.again();
    void this.vain.list.again();
  }

  #refused(error: unknown, again: () => void): void {
    if (error instanceof ApiProblem) {
      if (error.status === 401) goToLogin();
      this.said = { tone: 'refused', text: error.detail };
    } else {
      this.said = { tone: 'refused', text: t('followup.not_reached'), offer: { label: t('app.retry'), act: again } };
    }
  }

  /** The answer to an act, before the queue is fetched again. */
  #put(after: FollowUp): void {
    if (!isLive(after)) this.#done = after;
    const queue = this.queue.data;
    if (!queue) return;
    const others = queue.follow_ups.filter(({ id }) => id !== after.id);
    this.queue.show({ ...queue, follow_ups: isLive(after) ? [...others, after] : others });
  }
}

const numberOf = ({ ticket_number }: FollowUp): string => ticket_number ?? '';

const DESK = Symbol('followup');
export const provideFollowUps = (desk: FollowUpDesk): FollowUpDesk => setContext(DESK, desk);
export const useFollowUps = (): FollowUpDesk => getContext<FollowUpDesk>(DESK);
