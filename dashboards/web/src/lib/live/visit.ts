import { ApiProblem, get, NotReached } from '../api/client';
import { askWho, currentSession } from '../api/session';
import type { Reference, Session } from '../api/types';
import type { Sounds } from '../sound/sounds.svelte';
import { serverClock } from '../time/clock.svelte';
import type { BoardFeed } from './feed.svelte';

/** What every live page has. */
export interface Visitor {
  readonly feed: BoardFeed;
  readonly sounds: Sounds;
  session: Session | null;
  reference: Reference | null;
  problem: unknown;
}

export const RETRY_MS = 3000;

/** Not reached, or a server that is just not well. */
export const passing = (error: unknown): boolean =>
  error instanceof NotReached || (error instanceof ApiProblem && error.status >= 500);

/**
 * Come to a live page: who am I, what do codes mean, then the feed. `elsewhere` names the page
 * where this person belongs instead. The result ends the visit.
 */
export function visit(page: Visitor, elsewhere: (session: Session) => string | null): () => void {
  const stopClock = serverClock.start();
  const stopSounds = page.sounds.start();
  let stopFeed = (): void => {};
  let stopped = false;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  /** Also as soon as the browser says that there is a network. */
  const again = (): void => {
    if (waiting === undefined) return;
    clearTimeout(waiting);
    waiting = undefined;
    void enter();
  };
  addEventListener('online', again);
  const enter = async (): Promise<void> => {
    try {
      const session = await currentSession();
      const other = elsewhere(session);
      if (other) {
        location.replace(other);
        return;
      }
      page.session = session;
      page.reference = await get<Reference>('/api/reference');
      page.problem = null;
      if (!stopped) stopFeed = page.feed.start();
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) askWho();
      else {
        page.problem = error;
        if (passing(error) && !stopped) waiting = setTimeout(again, RETRY_MS);
      }
    }
  };
  void enter();
  return () => {
    stopped = true;
    clearTimeout(waiting);
    removeEventListener('online', again);
    stopClock();
    stopSounds();
    stopFeed();
  };
}
