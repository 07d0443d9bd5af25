import { get } from '../api/client';
import type { Schemas } from '../api/types';

export type Hit = Schemas['HitRow'];
export type Answer = Schemas['SearchAnswer'];
export type NodePage = Schemas['NodeAnswer'];

const WAIT_MS = 120;
const NODE_KINDS = new Set(['line', 'transformer', 'pole', 'cabinet']);

export const isNode = (hit: Hit | null): boolean => hit !== null && NODE_KINDS.has(hit.kind);

/** What is typed, what was found, which of it is in focus. A late answer to an old question is dropped. */
export class Finder {
  text = $state('');
  answer = $state.raw<Answer | null>(null);
  /** The question that the answer is for. */
  answered = $state('');
  problem = $state.raw<unknown>(null);
  asking = $state(false);
  index = $state(0);
  node = $state.raw<NodePage | null>(null);
  readonly hits = $derived(this.answer?.hits ?? []);
  readonly active = $derived(this.hits[this.index] ?? null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  /** The text changed: ask in a moment, unless it changes again. */
  typed(): void {
    clearTimeout(this.#timer);
    const question = this.text.trim();
    this.#turn += 1;
    if (!question) {
      this.answer = null;
      this.answered = '';
      this.problem = null;
      this.asking = false;
      return;
    }
    this.asking = true;
    this.#timer = setTimeout(() => void this.ask(), WAIT_MS);
  }

  async ask(): Promise<void> {
    const question = this.text.trim();
    this.#turn += 1;
    const turn = this.#turn;
    this.asking = true;
    this.problem = null;
    try {
      const answer = await get<Answer>(`/api/search?q=${encodeURIComponent(question.slice(0, 100))}`);
      if (turn !== this.#turn) return;
      this.answer = answer;
      this.answered = question;
      this.index = 0;
      void this.look();
    } catch (problem) {
      if (turn === this.#turn) this.problem = problem;
    } finally {
      if (turn === this.#turn) this.asking = false;
    }
  }

  /** Up or down, around the ends. */
  move(by: number): void {
    const count = this.hits.length;
    if (count === 0) return;
    this.index = (this.index + by + count) % count;
    void this.look();
  }

  at(index: number): void {
    if (index === this.index) return;
    this.index = index;
    void this.look();
  }

  /** Of a device: what is below it. */
  async look(): Promise<void> {
    const hit = this.active;
    if (!hit || !isNode(hit)) {
      this.node = null;
      return;
    }
    if (this.node?.id === hit.id) return;
    this.node = null;
    try {
      const page = await get<NodePage>(`/api/nodes/${hit.id}`);
      if (this.active?.id === hit.id) this.node = page;
    } catch (problem) {
      if (this.active?.id === hit.id) this.problem = problem;
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
  }
}
