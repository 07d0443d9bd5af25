import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Reference } from '../api/types';
import { Draft } from './draft.svelte';
import { evaluate, keyOf, type Guide } from './guide';
import { pointOf, pointText, spaced } from './point';

const store = (): Storage => {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as unknown as Storage;
};
const REFERENCE = {
  fault_codes: [{ code: 'wires_down', name_zh: '', name_en: '', trade: 'medium_voltage' }],
} as unknown as Reference;
const ORDER = { id: 'order', number: '20260101-0001' };

/** A server that answers each request as told; what it was sent. */
function server(...answers: (object | null)[]): { path: string; key: string; body: Record<string, unknown> }[] {
  const sent: { path: string; key: string; body: Record<string, unknown> }[] = [];
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    const key = (init.headers as Record<string, string>)['Idempotency-Key'] ?? '';
    sent.push({ path, key, body: JSON.parse(String(init.body)) as Record<string, unknown> });
    const answer = answers.shift();
    if (answer === null || answer === undefined) throw new TypeError('no network');
    const status = 'code' in answer ? 422 : 201;
    return new Response(JSON.stringify(answer), { status });
  });
  vi.stubGlobal('setTimeout', (act: () => void) => queueMicrotask(act));
  return sent;
}
afterEach(() => vi.unstubAllGlobals());

const PLAIN = { urgency: null, trade: null, skill: null, customer_side: null, hazard: null, at_least: null, below: null };
const GUIDE: Guide = {
  code: 'wires_down',
  version: 1,
  urgency: 1,
  trade: 'low_voltage',
  first: 'danger',
  hazards: [],
  customer_sides: [],
  skills: [],
  questions: [
    {
      id: 'danger',
      kind: 'yes_no',
      zh: '',
      en: '',
      minimum: null,
      maximum: null,
      choices: [
        { ...PLAIN, code: 'yes', zh: '', en: '', next: 'end', urgency: 3, trade: 'medium_voltage', hazard: 'line_outdoors' },
        { ...PLAIN, code: 'no', zh: '', en: '', next: 'metres' },
        { ...PLAIN, code: 'unknown', zh: '', en: '', next: 'metres' },
      ],
    },
    {
      id: 'metres',
      kind: 'number',
      zh: '',
      en: '',
      minimum: 0,
      maximum: 100,
      choices: [
        { ...PLAIN, code: 'near', zh: '', en: '', next: 'end', at_least: 0, below: 8, urgency: 2 },
        { ...PLAIN, code: 'far', zh: '', en: '', next: 'end', at_least: 8, customer_side: 'own_wiring' },
        { ...PLAIN, code: 'unknown', zh: '', en: '', next: 'end' },
      ],
    },
  ],
};

/** A draft whose guide has come, as the form follows it. */
function guided(kept: Storage | null = null): Draft {
  const draft = written(kept);
  draft.guide = GUIDE;
  draft.followGuide();
  return draft;
}

describe('a guide', () => {
  const told = (answers: Record<string, string>, state?: string) => evaluate(GUIDE, answers, state);
  test('asks one question after the other, until the end', () => {
    expect(told({}).next?.id).toBe('danger');
    expect(told({ danger: 'no' }).next?.id).toBe('metres');
    expect(told({ danger: 'yes' }).next).toBeNull();
  });
  test('takes a number for the choice that it falls on', () => {
    expect(told({ danger: 'no', metres: '7.9' }).urgency).toBe(2);
    expect(told({ danger: 'no', metres: '8' }).urgency).toBe(1);
    expect(told({ danger: 'no', metres: '8' }).customerSide).toEqual(['own_wiring']);
  });
  test.each(['', 'x', '-1', '101', 'near'])('asks again after %j, which is no number there', (metres) =>
    expect(told({ danger: 'no', metres }).next?.id).toBe('metres'));
  test('says which answer decided', () => {
    const { why } = told({ danger: 'yes' });
    expect([why.urgency?.choice.code, why.trade?.choice.code]).toEqual(['yes', 'yes']);
    expect(told({ danger: 'no', metres: '9' }).why).toEqual({ urgency: null, trade: null });
  });
  test('counts what the account itself says', () =>
    expect(told({}, 'in_arrears').customerSide).toEqual(['arrears']));
  test('has a key for each answer', () =>
    expect(GUIDE.questions[0]?.choices.map((_, at) => keyOf(GUIDE.questions[0]!, at))).toEqual(['y', 'n', 'u']));
});

function written(kept: Storage | null = null): Draft {
  const draft = new Draft('call', kept);
  draft.write('place', '景山街道 12 号楼');
  draft.write('fault', 'wires_down');
  draft.write('coordinates', '39.9239, 116.3966');
  return draft;
}

describe('places and numbers as people write them', () => {
  test.each([
    ['39.9, 116.4', [39.9, 116.4]],
    [' 39.9，116.4 ', [39.9, 116.4]],
    ['-33.8 151.2', [-33.8, 151.2]],
    ['91, 0', null],
    ['0, 0', null],
    ['39.9', null],
    ['', null],
  ] as const)('%s', (text, point) => expect(pointOf(text)).toEqual(point));
  test('a point is written so that it can be read', () =>
    expect(pointOf(pointText(39.92391, 116.39662))).toEqual([39.92391, 116.39662]));
  test.each([
    ['+8613800138000', '138 0013 8000'],
    ['13800138000', '138 0013 8000'],
    ['+861095598', '+861095598'],
    ['', ''],
  ])('%s is read as %s', (number, said) => expect(spaced(number)).toBe(said));
});

describe('a draft', () => {
  test('is never overwritten by a guess where somebody wrote', () => {
    const draft = new Draft('call', null);
    draft.write('place', 'here');
    draft.fill({ place: 'there', caller: '王女士' });
    expect(draft.fields).toMatchObject({ place: 'here', caller: '王女士' });
  });
  test('survives the page, and only its own call sees it', () => {
    const kept = store();
    written(kept);
    expect(new Draft('call', kept).fields.place).toBe('景山街道 12 号楼');
    expect(new Draft('call', kept).dirty).toBe(true);
    expect(new Draft('another', kept).dirty).toBe(false);
  });
  test('with what was only guessed is not one that somebody wrote', () => {
    const draft = new Draft('call', store());
    draft.fill({ phone: '1' });
    expect(draft.dirty).toBe(false);
  });
  test('follows the answers with urgency and trade, unless a person judged', () => {
    const draft = guided();
    expect(draft.fields.urgency).toBe(1);
    expect(draft.tradeOf(REFERENCE)).toBe('low_voltage');
    draft.answer('danger', 'yes');
    expect(draft.fields.urgency).toBe(3);
    expect(draft.tradeOf(REFERENCE)).toBe('medium_voltage');
    draft.write('urgency', 0);
    draft.write('trade', 'any');
    draft.answer('danger', 'no');
    expect([draft.fields.urgency, draft.urgencyOverridden]).toEqual([0, true]);
    expect([draft.tradeOf(REFERENCE), draft.tradeOverridden]).toEqual(['any', true]);
    draft.letGo();
    expect([draft.fields.urgency, draft.tradeOf(REFERENCE)]).toEqual([1, 'low_voltage']);
    expect([draft.urgencyOverridden, draft.tradeOverridden]).toEqual([false, false]);
  });
  test('is as urgent as the more important of customer and answers', () => {
    const draft = guided();
    draft.propose('customer', 2);
    expect(draft.fields.urgency).toBe(2);
    draft.answer('danger', 'yes');
    expect(draft.fields.urgency).toBe(3);
    draft.answer('danger', null);
    expect(draft.fields.urgency).toBe(2);
  });
  test('sends only the answers on the way, and keeps the others for a change of mind', async () => {
    const sent = server({ id: 'ticket' }, ORDER);
    const draft = guided(store());
    draft.answer('danger', 'no');
    draft.answer('metres', '3');
    draft.answer('danger', 'yes');
    await draft.file(REFERENCE);
    expect(sent[0]?.body.guide).toEqual({ fault_code: 'wires_down', answers: { danger: 'yes' } });
    draft.answer('danger', 'no');
    expect(draft.outcome?.steps.map(({ answer }) => answer)).toEqual(['no', '3']);
  });
  test('keeps its answers over a reload', () => {
    const kept = store();
    guided(kept).answer('danger', 'yes');
    const again = new Draft('call', kept);
    again.guide = GUIDE;
    expect(again.outcome?.advice).toEqual(['line_outdoors']);
  });
  test('of a repair needs fault, place and coordinates; any other kind nothing', async () => {
    const sent = server({ id: 'ticket' });
    const draft = new Draft('call', null);
    expect(await draft.file(REFERENCE)).toBeNull();
    expect([draft.tried, sent.length]).toEqual([true, 0]);
    draft.write('kind', 'enquiry');
    expect(await draft.file(REFERENCE)).toEqual({ ticketId: 'ticket', order: null });
    expect(sent.map(({ path }) => path)).toEqual(['/api/tickets']);
  });
  test('becomes a ticket of its call and an order of the right trade', async () => {
    const sent = server({ id: 'ticket' }, ORDER);
    expect((await written().file(REFERENCE))?.order).toEqual(ORDER);
    expect(sent[0]?.body).toMatchObject({ kind: 'fault_repair', call_id: 'call' });
    expect(sent[1]?.body).toMatchObject({
      ticket_id: 'ticket',
      trade: 'medium_voltage',
      lat: 39.9239,
      urgency: 0,
    });
  });
  test("has the directory's address in both languages, until somebody writes another", async () => {
    const address = { zh: '杏花路 6 号', en: '6 Xinghua Road' };
    for (const [shown, wrote, place, place_en] of [
      [address.en, null, address.zh, address.en],
      [address.zh, null, address.zh, address.en],
      [address.zh, '杏花路 6 号后院', '杏花路 6 号后院', undefined],
    ] as const) {
      const sent = server({ id: 'ticket' }, ORDER);
      const draft = new Draft('call', null);
      draft.fill({ place: shown, address });
      if (wrote) draft.write('place', wrote);
      draft.write('fault', 'wires_down');
      draft.write('coordinates', '39.9239, 116.3966');
      await draft.file(REFERENCE);
      expect([sent[1]?.body.place, sent[1]?.body.place_en]).toEqual([place, place_en]);
      vi.unstubAllGlobals();
    }
  });
  test('sent again after a lost answer, even by another page, files once', async () => {
    const kept = store();
    const lost = server({ id: 'ticket' }, null, null, null, null);
    const draft = written(kept);
    expect(await draft.file(REFERENCE)).toBeNull();
    expect(draft.problem).not.toBe('');
    vi.unstubAllGlobals();
    const again = server(ORDER);
    expect((await new Draft('call', kept).file(REFERENCE))?.ticketId).toBe('ticket');
    expect(again.map(({ path }) => path)).toEqual(['/api/orders']);
    expect(again[0]?.key).toBe(lost[1]?.key);
    expect(new Draft('call', kept).dirty).toBe(false);
  });
  test('of a ticket that is there makes its order only, with answers that it did not have', async () => {
    for (const guided of [false, true]) {
      const sent = server(ORDER);
      const draft = new Draft(null, store(), { id: 'there', said: 'T1', guided });
      draft.fill({ place: '景山街道 12 号楼', fault: 'wires_down', coordinates: '39.9239, 116.3966' });
      draft.guide = GUIDE;
      draft.answer('danger', 'yes');
      draft.write('kind', 'enquiry');
      expect((await draft.file(REFERENCE))?.ticketId).toBe('there');
      expect(sent.map(({ path }) => path)).toEqual(['/api/orders']);
      expect(sent[0]?.body.ticket_id).toBe('there');
      expect(sent[0]?.body.guide).toEqual(guided ? undefined : { fault_code: 'wires_down', answers: { danger: 'yes' } });
      vi.unstubAllGlobals();
    }
  });
  test('that the server refused is sent anew with another key', async () => {
    const sent = server({ code: 'invalid_field', detail: 'no' }, { id: 'ticket' }, ORDER);
    const draft = written();
    expect(await draft.file(REFERENCE)).toBeNull();
    expect(draft.problem).toBe('no');
    expect(await draft.file(REFERENCE)).not.toBeNull();
    expect(sent[1]?.key).not.toBe(sent[0]?.key);
  });
});
