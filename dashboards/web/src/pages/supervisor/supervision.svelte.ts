import { getContext, setContext } from 'svelte';
import { get } from '../../lib/api/client';
import type { OrderRow, Schemas } from '../../lib/api/types';
import { Desk } from '../../lib/desk/desk.svelte';
import { t } from '../../lib/i18n/index.svelte';
import { answers, whyOf, type Why } from '../../lib/order/why';
import { serverClock } from '../../lib/time/clock.svelte';
import { isOver, orderLevel, type Level } from '../../lib/time/levels';
import { Figures } from './figures.svelte';

/** An order that asks for attention, why, and who answers for it. */
export interface Line {
  order: OrderRow;
  level: Level;
  why: Why;
  /** The answering unit or party, or one of the groups without one. */
  who: string;
  gone: boolean;
}

/** Everybody who answers for something now. */
export interface Party {
  key: string;
  name: string;
  late: number;
  risk: number;
  unknown: number;
  /** The longest overrun, seconds; null where no segment is over. */
  worstS: number | null;
}

export type Area = 'now' | 'figures' | 'behind';

/** No segment is over yet; no evidence to judge by. */
const NOBODY = 'nobody';
const UNKNOWN = 'unknown';
const SHOWN: readonly Level[] = ['late', 'risk', 'unknown'];

const whoOf = (why: Why, level: Level): string =>
  why.main ? answers(why.main) : level === 'unknown' ? UNKNOWN : NOBODY;

/** The supervisor's desk: the board's live rows seen by who answers for them, and the figures. */
export class Supervision extends Desk {
  readonly figures = new Figures(this);
  /** The party whose orders are shown; null: all. */
  party = $state<string | null>(null);
  /** The level whose orders are shown; null: all that ask for attention. */
  only = $state<Level | null>(null);
  area = $state<Area>('now');
  /** Corrections of places that wait for a decision. */
  placesOpen = $state(0);
  readonly mayReview = $derived(this.rights.has('place.review'));

  /** What crews found elsewhere than the directory says. */
  reviewPlaces(): void {
    if (this.mayReview) this.asking = { kind: 'places' };
  }

  /** How many wait, told beside the button; where it cannot be asked, none is told. */
  countPlaces(): void {
    if (!this.mayReview) return;
    get<Schemas['ProposalList']>('/api/place-proposals?limit=1').then(
      ({ open }) => (this.placesOpen = open),
      () => {},
    );
  }

  readonly #levels = $derived.by(() => {
    const open = [...(this.feed.board?.orders.values() ?? [])].filter((order) => !isOver(order));
    return open.map((order) => orderLevel(order, serverClock.now));
  });
  readonly tally = $derived.by(() => {
    const of = (level: Level): number => this.#levels.filter((each) => each === level).length;
    const [late, risk, unknown, watch] = [of('late'), of('risk'), of('unknown'), of('watch')];
    return { count: this.#levels.length, late, risk, unknown, watch };
  });
  readonly allLines: Line[] = $derived.by(() => {
    const now = serverClock.now;
    return this.rows.flatMap(({ order, gone }) => {
      const level = orderLevel(order, now);
      // The focused one stays: nothing goes away under the eyes.
      const shown = SHOWN.includes(level) && !isOver(order) && !gone;
      if (!shown && order.id !== this.selectedId) return [];
      const why = whyOf(order, now);
      return [{ order, level, why, who: whoOf(why, level), gone: !shown }];
    });
  });
  readonly lines: Line[] = $derived(
    this.allLines.filter(
      ({ who, level, gone }) =>
        (this.party === null || who === this.party) &&
        (this.only === null || level === this.only || gone),
    ),
  );
  readonly parties: Party[] = $derived.by(() => this.#parties());

  #parties(): Party[] {
    const found = new Map<string, Party>();
    for (const { level, why, who, gone } of this.allLines) {
      if (gone) continue;
      const party = found.get(who) ?? {
        key: who,
        name: this.#lineName(who, why),
        late: 0,
        risk: 0,
        unknown: 0,
        worstS: null,
      };
      if (level === 'late' || level === 'risk' || level === 'unknown') party[level] += 1;
      if (why.main) party.worstS = Math.max(party.worstS ?? 0, why.main.overS);
      found.set(who, party);
    }
    return [...found.values()].sort(
      (a, b) =>
        b.late - a.late || b.risk - a.risk || b.unknown - a.unknown || a.name.localeCompare(b.name),
    );
  }

  #lineName(who: string, why: Why): string {
    if (who === NOBODY || who === UNKNOWN) return t(`now.${who}`);
    return this.unitName(who) || this.partyName(why.main?.party ?? who);
  }

  /** The next or previous party; behind the last one all are shown again. */
  turnParty(by: 1 | -1): void {
    const keys: (string | null)[] = [null, ...this.parties.map(({ key }) => key)];
    const at = keys.indexOf(this.party);
    this.party = keys[(Math.max(at, 0) + by + keys.length) % keys.length] ?? null;
    this.area = 'now';
  }

  /** Late, then at risk, then unknown, then all again. */
  turnLevel(): void {
    const levels: (Level | null)[] = [null, ...SHOWN];
    this.only = levels[(levels.indexOf(this.only) + 1) % levels.length] ?? null;
    this.area = 'now';
  }

  /** The keys act on the orders of now; the most urgent one is chosen where none is. */
  lookAtNow(): void {
    this.area = 'now';
    const shown = this.lines.some(({ order }) => order.id === this.selectedId);
    if (!shown) this.select(this.lines[0]?.order.id ?? null);
  }

  override move(by: 1 | -1): void {
    if (this.area !== 'now') {
      this.figures.move(by, this.area);
      return;
    }
    const ids = this.lines.map(({ order }) => order.id);
    const at = this.selectedId ? ids.indexOf(this.selectedId) : -1;
    const id = ids[at < 0 ? (by > 0 ? 0 : ids.length - 1) : Math.max(0, Math.min(ids.length - 1, at + by))];
    if (id) this.select(id);
  }

  /** One step back: the map of keys, the order, its list, the selection, the level, the party. */
  back(): void {
    if (this.asking) this.asking = null;
    else if (this.openId) this.open(null);
    else if (this.area === 'behind') this.area = 'figures';
    else if (this.area === 'figures' && this.figures.bin !== null) this.figures.bin = null;
    else if (this.area === 'now' && this.selectedId) this.select(null);
    else if (this.only !== null) this.only = null;
    else if (this.party !== null) this.party = null;
    else this.area = 'now';
  }
}

const SUPERVISION = Symbol('supervision');

export const provideSupervision = (one: Supervision): Supervision => setContext(SUPERVISION, one);
export const useSupervision = (): Supervision => getContext<Supervision>(SUPERVISION);
