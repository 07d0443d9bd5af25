import type { OrderRow, OrderState } from '../api/types';
import type { FollowOn, FollowOnBody } from '../tickets/types';
import { openAlerts } from '../time/levels';
import { isoFromBox } from '../time/zone';

export type ActionCode =
  | 'release'
  | 'accept'
  | 'dispatch'
  | 'resend'
  | 'return'
  | 'recall'
  | 'recall_assignment'
  | 'acknowledge'
  | 'hold'
  | 'hold_end'
  | 'hold_approve'
  | 'hold_refuse'
  | 'follow_on'
  | 'close';

/** What an act still needs to know before it is sent. */
export type Asks = 'nothing' | 'centre' | 'crew' | 'reason' | 'crew_reason' | 'follow_on' | 'hold' | 'hold_refusal';

export interface Action {
  code: ActionCode;
  right: string;
  /** The letter that does it on the focused row. */
  letter: string;
  asks: Asks;
  states: readonly OrderState[] | 'any';
}

/** In the order in which they are shown; at most one of those with the same letter fits an order. */
export const ACTIONS: readonly Action[] = [
  { code: 'hold_approve', right: 'hold.decide', letter: 'y', asks: 'nothing', states: 'any' },
  { code: 'hold_refuse', right: 'hold.decide', letter: 'z', asks: 'hold_refusal', states: 'any' },
  {
    code: 'release',
    right: 'order.release',
    letter: 'r',
    asks: 'centre',
    states: ['filed', 'returned'],
  },
  { code: 'accept', right: 'order.centre', letter: 'a', asks: 'nothing', states: ['released'] },
  {
    code: 'dispatch',
    right: 'order.dispatch',
    letter: 'd',
    asks: 'crew',
    // Sending accepts: who has a crew for it need not say so first.
    states: ['released', 'accepted'],
  },
  { code: 'resend', right: 'order.dispatch', letter: 'd', asks: 'crew_reason', states: ['assigned'] },
  {
    code: 'return',
    right: 'order.centre',
    letter: 't',
    asks: 'reason',
    states: ['released', 'accepted'],
  },
  {
    code: 'recall',
    right: 'order.recall',
    letter: 'x',
    asks: 'reason',
    states: ['released', 'accepted', 'assigned'],
  },
  {
    code: 'recall_assignment',
    right: 'order.dispatch',
    letter: 'x',
    asks: 'reason',
    states: ['assigned'],
  },
  { code: 'acknowledge', right: 'alert.acknowledge', letter: 'q', asks: 'nothing', states: 'any' },
  { code: 'follow_on', right: 'order.follow_on', letter: 'l', asks: 'follow_on', states: 'any' },
  {
    code: 'hold',
    right: 'hold.ask',
    letter: 'h',
    asks: 'hold',
    states: ['filed', 'released', 'accepted', 'assigned', 'returned'],
  },
  { code: 'hold_end', right: 'hold.ask', letter: 'h', asks: 'nothing', states: 'any' },
  { code: 'close', right: 'order.close', letter: 'c', asks: 'nothing', states: ['finished'] },
];

/** What this person can do with this order now. The server has the last word. */
export function possible(order: OrderRow, rights: ReadonlySet<string>): Action[] {
  return ACTIONS.filter(
    (action) =>
      rights.has(action.right) &&
      (action.states === 'any' || action.states.includes(order.state)) &&
      (action.code !== 'acknowledge' || openAlerts(order).length > 0) &&
      holdFits(order, action.code, rights) &&
      (!['recall_assignment', 'resend'].includes(action.code) || order.assignment !== null),
  );
}

export type HoldRow = OrderRow['holds'][number];

/** The hold that lasts, approved or not yet decided. */
export const lasting = ({ holds }: Pick<OrderRow, 'holds'>): HoldRow | null =>
  holds.find((each) => each.ended_at === null && each.state !== 'refused') ?? null;

/** The hold that somebody has to decide. */
export const undecided = ({ holds }: Pick<OrderRow, 'holds'>): HoldRow | null =>
  holds.find((each) => each.state === 'requested') ?? null;

/** A centre decides for its crews only; what it asked for itself is for those above. */
function holdFits(order: OrderRow, code: ActionCode, rights: ReadonlySet<string>): boolean {
  if (code === 'hold') return lasting(order) === null;
  if (code === 'hold_end') return lasting(order) !== null;
  if (code !== 'hold_approve' && code !== 'hold_refuse') return true;
  const asked = undecided(order);
  return asked !== null && (asked.asked_role === 'crew' || !rights.has('order.dispatch'));
}

/** Why one order follows on another. */
export const FOLLOW_ONS: readonly FollowOn[] = ['made_safe', 'other_trade', 'second_crew', 'materials', 'appointment'];

/** `at`: a time on the installation's clock, as a box of date and time holds it; empty: none. */
export function followOnBody(kind: FollowOn, trade: string, reason: string, at: string): FollowOnBody {
  const body: FollowOnBody = { kind, trade, reason: reason.trim() };
  return at ? { ...body, appointment_at: isoFromBox(at) } : body;
}

export interface Choice {
  /** Of a hold. */
  kind?: string;
  centre_id?: string;
  crew_id?: string;
  reason?: string;
  /** Of a hold, or its refusal. */
  words?: string;
}

/**
 * The requests that carry an action out, one after the other: several where several alerts are
 * acknowledged, or where an order goes from one crew to another.
 */
export function requests(
  order: OrderRow,
  code: ActionCode,
  choice: Choice,
): { path: string; body: Choice }[] {
  if (code === 'acknowledge') {
    return openAlerts(order).map((alert) => ({
      path: `/api/alerts/${alert.id}/acknowledge`,
      body: {},
    }));
  }
  const hold = code === 'hold_end' ? lasting(order) : undecided(order);
  if (code === 'hold') return [{ path: `/api/orders/${order.id}/holds`, body: choice }];
  if (code === 'hold_end') return [{ path: `/api/holds/${hold?.id ?? ''}/end`, body: {} }];
  if (code === 'hold_approve') return [{ path: `/api/holds/${hold?.id ?? ''}/approve`, body: {} }];
  if (code === 'hold_refuse') return [{ path: `/api/holds/${hold?.id ?? ''}/refuse`, body: choice }];
  const recall = `/api/assignments/${order.assignment?.id ?? ''}/recall`;
  if (code === 'recall_assignment') return [{ path: recall, body: choice }];
  if (code === 'resend') {
    const { crew_id = '', reason = '' } = choice;
    return [
      { path: recall, body: { reason } },
      { path: `/api/orders/${order.id}/dispatch`, body: { crew_id } },
    ];
  }
  return [{ path: `/api/orders/${order.id}/${code}`, body: choice }];
}
