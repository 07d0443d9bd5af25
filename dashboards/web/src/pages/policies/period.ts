/** How far back history is read, in days; `custom`: the person's own. */
export const SPANS = ['7', '30', '90', '365', 'custom'] as const;
export type SpanCode = (typeof SPANS)[number];

export interface Span {
  from: number;
  to: number;
}

const DAY_MS = 86_400_000;

/** From when to when (ms), seen at `nowMs`. */
export const spanOf = (code: SpanCode, nowMs: number, custom: Span): Span =>
  code === 'custom' ? custom : { from: nowMs - Number(code) * DAY_MS, to: nowMs };

/** As the API asks for it. */
export const asked = ({ from, to }: Span): { from: string; to: string } => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
});
