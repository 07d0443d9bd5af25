import { fromMessage, fromRoundTrip, serverMs, UNMEASURED, type Offset } from './offset';

/** The server's time, ticking once a second on the second; every countdown reads it. */
class ServerClock {
  #offset: Offset = UNMEASURED;
  /** Milliseconds since the epoch on the server's clock, as of the last tick. */
  now = $state(Date.now());
  /** Seconds of business time that pass in a second; other than 1 only in a demonstration. */
  rate = $state(1);

  /** What was measured last; a page without signal goes on from it. */
  get measured(): Offset {
    return this.#offset;
  }

  /** Go on from an earlier measurement, until there is a new one. */
  restore(offset: Offset): void {
    if (this.#offset === UNMEASURED) this.#offset = offset;
    this.now = this.exact();
  }

  exact(): number {
    return this.fromLocal(Date.now());
  }

  /** A moment of this browser's clock on the server's. */
  fromLocal(ms: number): number {
    return serverMs(this.#offset, ms);
  }

  /** `rate`: what the answer says of the clock's pace, where it says anything. */
  sample(serverTime: string, askedMs: number, answeredMs: number, rate?: number): void {
    const server = Date.parse(serverTime);
    if (Number.isFinite(server)) {
      this.#offset = fromRoundTrip(this.#offset, server, askedMs, answeredMs, rate);
      this.rate = this.#offset.rate;
      this.now = this.exact();
    }
  }

  heard(serverTime: string, rate?: number): void {
    const server = Date.parse(serverTime);
    if (Number.isFinite(server)) {
      this.#offset = fromMessage(this.#offset, server, Date.now(), rate);
      this.rate = this.#offset.rate;
    }
  }

  /** Tick until the returned function is called. */
  start(): () => void {
    let timer: ReturnType<typeof setTimeout>;
    const tick = (): void => {
      this.now = this.exact();
      const wait = (1000 - (this.now % 1000)) / this.#offset.rate;
      timer = setTimeout(tick, Math.max(250, wait) + 2);
    };
    tick();
    return () => clearTimeout(timer);
  }
}

export const serverClock = new ServerClock();
