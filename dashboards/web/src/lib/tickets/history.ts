import { word } from '../i18n/index.svelte';
import type { TicketFact } from './types';
import type { List, TicketWords } from './words.svelte';

/** Which codes of an event say something to a reader, and where they are named. */
const SAYS: Record<string, readonly (readonly [field: string, list: List])[]> = {
  'ticket.filed': [['channel', 'channels']],
  'ticket.merged': [['reason', 'merge_reasons']],
  'ticket.unmerged': [['reason', 'unmerge_reasons']],
  'ticket.related': [['relation', 'relations']],
  'ticket.returned': [['reason', 'return_reasons']],
  'ticket.transferred': [['reason', 'transfer_reasons']],
  'ticket.closed': [['how', 'close_ways']],
  'ticket.reopened': [['reason', 'reopen_reasons']],
  'ticket.attachment_hidden': [['reason', 'hide_reasons']],
  'order.follow_on_filed': [['relation', 'follow_ons']],
  'followup.claimed': [['reason', 'take_over_reasons']],
  'followup.tried': [
    ['outcome', 'outcomes'],
    ['satisfaction', 'satisfactions'],
  ],
};

/** What the codes of an event mean, in the reader's language; empty where they say nothing. */
export function detailSaid({ type, detail }: TicketFact, words: TicketWords): string {
  const said = (SAYS[type] ?? []).flatMap(([field, list]) => {
    const code = detail[field];
    return typeof code === 'string' ? [words.of(list, code)] : [];
  });
  if (type === 'ticket.clock_started') said.push(word('clock_evidence', String(detail.evidence)));
  if (type === 'ticket.transferred') said.unshift(words.unit(String(detail.unit_id)));
  if (type === 'order.chased_up') said.push(word('file.urgency', String(detail.urgency)));
  return said.filter(Boolean).join(' · ');
}
