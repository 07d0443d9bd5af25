/** What the status line says after an action. */
export interface Said {
  tone: 'done' | 'refused' | 'busy';
  text: string;
  /** Take the action back, or send it again. */
  offer?: { label: string; act: () => void };
}

/** A refusal has been read by then. */
export const REFUSAL_MS = 30_000;

/** A refusal that offers to send again stays: the act is still undone. */
const passes = (said: Said | null): boolean => said?.tone === 'refused' && !said.offer;

/** The last thing said; a refusal makes way by itself, so that the help comes back. */
export class Saying {
  now = $state.raw<Said | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(next: Said | null): void {
    clearTimeout(this.#timer);
    this.now = next;
    if (passes(next)) this.#timer = setTimeout(() => this.say(null), REFUSAL_MS);
  }

  /** The reader turns to something else. */
  moveOn(): void {
    if (passes(this.now)) this.say(null);
  }
}
