import { untrack } from 'svelte';
import { on } from 'svelte/events';
import { t } from '../i18n/index.svelte';
import { serverClock } from '../time/clock.svelte';
import type { Desk } from './desk.svelte';

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
  $effect(() => {
    const { page, urgent } = title();
    document.title = `${urgent > 0 ? `(${urgent}) ` : ''}${page} · ${t('app.name')}`;
  });
}

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
