import { untrack } from 'svelte';
import { on } from 'svelte/events';
import { t } from '../i18n/index.svelte';
import { silenceKey } from '../live/silence';
import { serverClock } from '../time/clock.svelte';
import type { KeyLine } from '../ui/keyboard';
import type { Desk } from './desk.svelte';

/** A call for help is heard again until somebody takes note. */
const HELP_EVERY_MS = 15_000;

/**
 * What a desk does for as long as its page is open: it is at work, its orders are sorted and heard,
 * and the window's title says how many wait. Called while the page is being made.
 */
export function liveDesk(desk: Desk, title: () => { page: string; urgent: number }): void {
  $effect(() => untrack(() => desk.start()));
  $effect(() => {
    void [desk.feed.board, serverClock.now, desk.held];
    untrack(() => desk.resort());
  });
  $effect(() => {
    const { board } = desk.feed;
    const { ear } = desk;
    if (board && ear) untrack(() => desk.sounds.follow(board.orders, ear, board.crews));
  });
  const unseen = $derived(desk.help.filter(({ seen_at }) => seen_at === null));
  const rings = $derived(unseen.map(({ id, times }) => `${id} ${times}`).join(' '));
  $effect(() => {
    if (rings === '' || !desk.hearsHelp) return;
    const ring = (): void => desk.sounds.tell('help');
    untrack(ring);
    const again = setInterval(ring, HELP_EVERY_MS);
    return () => clearInterval(again);
  });
  let silences: Set<string> | null = null;
  $effect(() => {
    if (!desk.feed.board || desk.ear?.desk !== 'centre') return;
    const now = desk.unseen.map(silenceKey);
    const fresh = silences !== null && now.some((one) => !silences?.has(one));
    silences = new Set(now);
    if (fresh) untrack(() => desk.sounds.tell('unseen'));
  });
  $effect(() => {
    const { page, urgent } = title();
    document.title = `${urgent > 0 ? `(${urgent}) ` : ''}${page} · ${t('app.name')}`;
  });
}

/** For the map of keys of those who hear calls for help. */
export const helpKeys = (desk: Desk): KeyLine[] => (desk.hearsHelp ? [{ keys: ['!'], says: t('help.keys') }] : []);

/** The order of the address `#/orders/ID` is the open one, and its evidence is at hand. */
export function openByAddress(desk: Desk): void {
  const look = (): void => {
    const id = /^#\/orders\/(.+)$/.exec(location.hash)?.[1];
    desk.open(id ? decodeURIComponent(id) : null);
  };
  look();
  $effect(() => on(window, 'hashchange', look));
  $effect(() => desk.followDetail());
}
