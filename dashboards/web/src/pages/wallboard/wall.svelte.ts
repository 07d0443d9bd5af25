import { ApiProblem, get } from '../../lib/api/client';
import { goToLogin } from '../../lib/api/session';
import type { ServerMessage } from '../../lib/api/types';
import type { Connection } from '../../lib/live/feed.svelte';
import { serverClock } from '../../lib/time/clock.svelte';
import type { Wall } from './numbers';

const LOGIN_ENDED = 4401;
/** Changes that come together are fetched together. */
const TOGETHER_MS = 1_000;
/** The last hour goes on also when nothing happens. */
const ANYWAY_MS = 15_000;
const AGAIN_MS = 3_000;
/** Heartbeats come every five seconds; this much silence is a dead connection. */
const SILENCE_MS = 16_000;

/**
 * What the wall shows, fetched anew whenever the live feed says that a call or an agent changed. A
 * wall hangs for months: it comes back by itself from everything but the end of its login.
 */
export class WallFeed {
  wall = $state.raw<Wall | null>(null);
  problem = $state.raw<unknown>(null);
  connection = $state<Connection>('connecting');
  /** When the last word of the server came (its clock, ms), while cut off. */
  cutOffSince = $state<number | null>(null);
  #socket: WebSocket | null = null;
  #heardAt = Date.now();
  #stopped = false;
  #soon: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;

  start(): () => void {
    const online = (): void => void this.#begin();
    addEventListener('online', online);
    const anyway = setInterval(() => this.#changed(), ANYWAY_MS);
    const silence = setInterval(() => {
      if (this.#socket && Date.now() - this.#heardAt > SILENCE_MS) this.#cutOff();
    }, 1000);
    void this.#begin();
    return () => {
      this.#stopped = true;
      removeEventListener('online', online);
      for (const timer of [anyway, silence]) clearInterval(timer);
      for (const timer of [this.#soon, this.#again]) clearTimeout(timer);
      this.#hangUp();
    };
  }

  async #begin(): Promise<void> {
    clearTimeout(this.#again);
    if (this.#stopped || this.#socket) return;
    if (await this.#fetch()) this.#connect();
  }

  async #fetch(): Promise<boolean> {
    const askedAt = Date.now();
    try {
      const wall = await get<Wall>('/api/wallboard');
      serverClock.sample(wall.server_time, askedAt, Date.now(), wall.rate);
      this.wall = wall;
      this.problem = null;
      return true;
    } catch (problem) {
      if (problem instanceof ApiProblem && problem.status === 401) goToLogin();
      else this.problem = problem;
      if (!(problem instanceof ApiProblem && problem.status === 403)) this.#cutOff();
      return false;
    }
  }

  #changed(): void {
    if (this.connection !== 'live') return;
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      void this.#fetch();
    }, TOGETHER_MS);
  }

  #connect(): void {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/api/live`);
    this.#socket = socket;
    this.#heardAt = Date.now();
    socket.onopen = () => {
      for (const topic of ['calls', 'agents'] as const) {
        socket.send(JSON.stringify({ type: 'subscribe', topic, from: this.wall?.numbers[topic] ?? 0 }));
      }
    };
    socket.onmessage = (event: MessageEvent<string>) => {
      this.#heardAt = Date.now();
      this.cutOffSince = null;
      this.connection = 'live';
      const message = JSON.parse(event.data) as ServerMessage;
      if (message.type === 'deltas' || message.type === 'resync') this.#changed();
    };
    socket.onclose = (event) => {
      if (event.code === LOGIN_ENDED) goToLogin();
      else this.#cutOff();
    };
  }

  /** At once: a dead connection takes a minute to close, and may speak again meanwhile. */
  #hangUp(): void {
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #cutOff(): void {
    this.#hangUp();
    this.cutOffSince ??= serverClock.fromLocal(this.#heardAt);
    this.connection = 'cut_off';
    clearTimeout(this.#again);
    if (!this.#stopped) this.#again = setTimeout(() => void this.#begin(), AGAIN_MS);
  }
}
