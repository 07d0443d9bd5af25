import { language, t } from '../i18n/index.svelte';
import type { Outcome, Step } from './guide';

/** Why it is as urgent as it is, and why that trade: the answers that decided, in words. */
export interface Reasons {
  urgency: string;
  trade: string;
  /** In one sentence where one answer decided both. */
  both: string;
}
export const NO_REASONS: Reasons = { urgency: '', trade: '', both: '' };

function because(step: Step | null): { question: string; answer: string } | null {
  if (!step) return null;
  return language() === 'zh'
    ? { question: step.question.zh, answer: step.choice.zh }
    : { question: step.question.en, answer: step.choice.en };
}

/** `urgencyName`, `tradeName`: what a level and a code are called. */
export function whyOf(
  { urgency, trade, why }: Outcome,
  urgencyName: (level: number) => string,
  tradeName: (code: string) => string,
): Reasons {
  const [urgent, traded] = [because(why.urgency), because(why.trade)];
  const found = {
    urgency: urgent ? t('guide.urgency.why', { urgency: urgencyName(urgency), ...urgent }) : '',
    trade: traded ? t('guide.trade.why', { trade: tradeName(trade), ...traded }) : '',
  };
  if (!urgent || why.urgency !== why.trade) return { ...found, both: [found.urgency, found.trade].filter(Boolean).join(' · ') };
  const both = `${urgencyName(urgency)} · ${tradeName(trade)}`;
  return { ...found, both: t('guide.urgency.why', { urgency: both, ...urgent }) };
}
