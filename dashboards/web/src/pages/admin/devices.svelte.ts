import { ApiProblem, get } from '../../lib/api/client';
import { goToLogin } from '../../lib/api/session';
import { serverClock } from '../../lib/time/clock.svelte';
import { dayCode } from '../../lib/time/zone';
import { dayAfter, spanOf, type Contest, type Fixes, type Stranger } from './device';

interface Lists {
  strangers: Stranger[];
  contests: Contest[];
}

const openOf = (contests: readonly Contest[]): Contest[] => contests.filter(({ closed_at }) => !closed_at);
/** Which rows the lists have, whatever they say. */
const rowsOf = ({ strangers, contests }: Lists): string =>
  [
    ...openOf(contests).map(({ id }) => id),
    ...strangers.map(({ protocol, identity, ignored_at }) => `${protocol} ${identity} ${ignored_at ?? ''}`),
  ].join('\n');

/** Strangers, contested identities, and the device that is looked at with its positions of a day. */
export class Devices {
  strangers = $state.raw<Stranger[] | null>(null);
  contests = $state.raw<Contest[]>([]);
  /** Newer lists with other rows: nothing moves under the mouse until they are asked for. */
  newer = $state.raw<Lists | null>(null);
  /** The device looked at; empty: the lists. */
  id = $state('');
  day = $state('');
  fixes = $state.raw<Fixes | null>(null);
  problem = $state.raw<unknown>(null);

  readonly open = $derived(openOf(this.contests));
  readonly openNow = $derived(openOf(this.newer?.contests ?? this.contests).length);
  readonly knocking = $derived((this.strangers ?? []).filter(({ ignored_at }) => !ignored_at));
  readonly ignored = $derived((this.strangers ?? []).filter(({ ignored_at }) => ignored_at));

  /** `inView`: somebody reads the lists, and has not asked. Whoever calls shows what went wrong. */
  async load(inView = false): Promise<void> {
    const [strangers, contests] = await Promise.all([
      get<Stranger[]>('/api/devices/strangers'),
      get<Contest[]>('/api/devices/contests'),
    ]);
    const lists = {
      strangers: strangers.sort((one, other) => other.first_seen_at.localeCompare(one.first_seen_at)),
      contests,
    };
    if (inView && this.strangers && rowsOf(lists) !== rowsOf({ strangers: this.strangers, contests: this.contests }))
      this.newer = lists;
    else Object.assign(this, lists, { newer: null });
  }

  showNewer(): void {
    Object.assign(this, this.newer, { newer: null });
  }

  async look(id: string, day = dayCode(serverClock.exact())): Promise<void> {
    Object.assign(this, { id, day, fixes: null });
    await this.again();
  }

  leave(): void {
    Object.assign(this, { id: '', fixes: null, problem: null });
  }

  async step(days: number): Promise<void> {
    if (this.id && this.day) await this.look(this.id, dayAfter(this.day, days));
  }

  async again(): Promise<void> {
    const { id, day } = this;
    const span = new URLSearchParams(spanOf(day, serverClock.exact()));
    try {
      const fixes = await get<Fixes>(`/api/devices/${id}/fixes?${span}`);
      if (id === this.id && day === this.day) Object.assign(this, { fixes, problem: null });
    } catch (problem) {
      if (problem instanceof ApiProblem && problem.status === 401) goToLogin();
      this.problem = problem;
    }
  }
}
