import { get } from '../../lib/api/client';
import { LEAP_MS, PACES, seenOf, STEP_MS, whereAt, type Seen, type TrackFile, type Where } from './replay';

/** A day played again. `ms` null: nobody has asked for it. */
export class Replay {
  ms = $state<number | null>(null);
  playing = $state(false);
  pace = $state<number>(60);
  failed = $state(false);
  #track = $state.raw<Seen[]>([]);
  #path = '';
  #last = 0;
  readonly where: Where | null = $derived(this.ms === null ? null : whereAt(this.#track, this.ms));

  /** `path`: of the day's track; `span`: what the slider shows; ms. */
  constructor(
    private readonly path: () => string | null,
    private readonly span: () => readonly [number, number],
  ) {}

  get on(): boolean {
    return this.ms !== null;
  }

  /** Play or stand; at its end from its beginning. */
  async toggle(): Promise<void> {
    if (this.playing) {
      this.playing = false;
      return;
    }
    await this.#load();
    const [begin, end] = this.span();
    if (this.#track.length === 0) return;
    const first = Math.max(begin, this.#track[0]?.ms ?? begin);
    if (this.ms === null || this.ms >= Math.min(end, this.#end)) this.ms = first;
    this.playing = true;
    this.#last = performance.now();
    requestAnimationFrame(this.#frame);
  }

  /** To a moment of the day. */
  async to(ms: number): Promise<void> {
    const [begin, end] = this.span();
    this.ms = Math.max(begin, Math.min(end, ms));
    await this.#load();
  }

  step(by: 1 | -1, leap = false): void {
    if (this.ms !== null) void this.to(this.ms + by * (leap ? LEAP_MS : STEP_MS));
  }

  faster(by: 1 | -1): void {
    const at = PACES.findIndex((pace) => pace === this.pace) + by;
    this.pace = PACES[at] ?? this.pace;
  }

  /** Back to the day as it was. */
  end(): void {
    this.ms = null;
    this.playing = false;
    this.#path = '';
    this.#track = [];
  }

  get #end(): number {
    return this.#track.at(-1)?.ms ?? 0;
  }

  async #load(): Promise<void> {
    const path = this.path();
    if (path === null || path === this.#path) return;
    this.#path = path;
    try {
      const file = await get<TrackFile>(path);
      if (this.#path !== path) return;
      this.#track = seenOf(file);
      this.failed = false;
    } catch {
      this.#path = '';
      this.failed = true;
      this.playing = false;
    }
  }

  readonly #frame = (now: number): void => {
    if (!this.playing || this.ms === null) return;
    const next = this.ms + Math.max(0, now - this.#last) * this.pace;
    const end = Math.min(this.span()[1], this.#end);
    this.#last = now;
    this.ms = Math.min(next, Math.max(end, this.ms));
    if (next >= end) this.playing = false;
    else requestAnimationFrame(this.#frame);
  };
}
