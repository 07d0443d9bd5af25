import type { OrderRow } from '../api/types';
import { serverClock } from '../time/clock.svelte';
import {
  alarmed,
  ask,
  ended,
  hold,
  newlyOverdue,
  QUIET,
  release,
  soundOf,
  type Crews,
  type Ear,
  type Sound,
} from './decide';
import { play } from './tones';

const SILENCE_MS = 60_000;
/** Between the end of a sound and the next: what comes meanwhile folds. */
const REST_MS = 1500;
const GESTURES = ['pointerdown', 'keydown'] as const;

/** Marks the button that enables and silences. */
const SOUND_BUTTON = '[data-sound-button]';

export type SoundState = 'on' | 'blocked' | 'silenced';

/** Sounds of one screen: one at a time, for a minute silent at most, and honest when blocked. */
export class Sounds {
  /** How often each sound was asked for. */
  asked = $state<Record<Sound, number>>({ help: 0, alarm: 0, arrival: 0, call: 0, unseen: 0 });
  /** Until when, on the server's clock in ms; null: not silenced. */
  silencedUntil = $state<number | null>(null);
  #blocked = $state(true);
  #context: AudioContext | null = null;
  #playing = QUIET;
  #stop: (() => void) | null = null;
  #restTimer: ReturnType<typeof setTimeout> | undefined;
  #silenceTimer: ReturnType<typeof setTimeout> | undefined;
  #orders: ReadonlyMap<string, OrderRow> | null = null;
  #crews: Crews | null = null;
  #ear: Ear | null = null;

  readonly state: SoundState = $derived(
    this.silencedUntil !== null ? 'silenced' : this.#blocked ? 'blocked' : 'on',
  );

  /** Prepare; browsers let a page sound only after somebody has touched it. */
  start(): () => void {
    this.#playing = hold(QUIET);
    // The sound's own button enables by its click: by then it must not have become another one.
    const touched = ({ target }: Event): void => {
      if (!(target instanceof Element && target.closest(SOUND_BUTTON))) this.enable();
    };
    for (const gesture of GESTURES) addEventListener(gesture, touched);
    this.enable();
    return () => {
      for (const gesture of GESTURES) removeEventListener(gesture, touched);
      clearTimeout(this.#restTimer);
      clearTimeout(this.#silenceTimer);
      this.#stop?.();
      void this.#context?.close();
      this.#context = null;
    };
  }

  enable(): void {
    if (!this.#blocked) return;
    this.#context ??= new AudioContext();
    const context = this.#context;
    context.onstatechange = () => this.#blockedIs(context.state !== 'running');
    // Refused without a gesture: the next one tries again.
    void context.resume().catch(() => {});
    this.#blockedIs(context.state !== 'running');
  }

  #blockedIs(blocked: boolean): void {
    this.#blocked = blocked;
    this.#holdOrRelease();
  }

  /** The board as it is now; what has newly come or gone wrong for this desk is heard. */
  follow(orders: ReadonlyMap<string, OrderRow>, ear: Ear, crews: Crews = new Map()): void {
    const overdue = this.#crews !== null && newlyOverdue(this.#crews, crews, ear);
    const sound = overdue ? 'alarm' : this.#orders && soundOf(this.#orders, orders, ear);
    this.#orders = orders;
    this.#crews = crews;
    this.#ear = ear;
    if (!sound) return;
    this.asked[sound] += 1;
    this.#become(ask(this.#playing, sound));
  }

  /** A caller waits. Asked for again while one does, so nothing is made up for after a silence. */
  ring(): void {
    this.tell('call');
  }

  /** What is not on the board, or told again and again, is heard now or not at all; the screen goes on saying it. */
  tell(sound: Sound): void {
    this.asked[sound] += 1;
    if (!this.#playing.held) this.#become(ask(this.#playing, sound));
  }

  /** Silent for a minute; asked again, heard again. The minute cannot be prolonged. */
  silence(): void {
    clearTimeout(this.#silenceTimer);
    if (this.silencedUntil !== null) {
      this.silencedUntil = null;
    } else {
      this.silencedUntil = serverClock.exact() + SILENCE_MS;
      this.#silenceTimer = setTimeout(() => {
        this.silencedUntil = null;
        this.#holdOrRelease();
      }, SILENCE_MS);
    }
    this.#holdOrRelease();
  }

  #holdOrRelease(): void {
    const held = this.#blocked || this.silencedUntil !== null;
    if (held === this.#playing.held) return;
    if (!held && this.#playing.next === 'alarm' && !this.#stillAlarmed()) this.#playing = hold(QUIET);
    this.#become(held ? hold(this.#playing) : release(this.#playing));
  }

  #stillAlarmed(): boolean {
    if (this.#orders === null || this.#ear === null) return false;
    return alarmed(this.#orders, this.#ear) || newlyOverdue(new Map(), this.#crews ?? new Map(), this.#ear);
  }

  #become(next: typeof QUIET): void {
    const before = this.#playing.now;
    this.#playing = next;
    if (next.now === before) return;
    clearTimeout(this.#restTimer);
    this.#stop?.();
    this.#stop = null;
    if (next.now && this.#context) this.#stop = play(this.#context, next.now, () => this.#rest());
  }

  #rest(): void {
    this.#restTimer = setTimeout(() => {
      this.#stop = null;
      this.#become(ended(this.#playing));
    }, REST_MS);
  }
}
