import type { GuideAnswer } from '../tickets/types';

/**
 * What answers to guided questions mean, as the server reckons it (`dispatch/tickets/guides`): the
 * form follows each key without asking, also while the network is away. Pure.
 */
const END = 'end';
export const UNKNOWN = 'unknown';

export type Guide = GuideAnswer;
export type Question = Guide['questions'][number];
export type Choice = Question['choices'][number];

export type Answers = Readonly<Record<string, string>>;

/** An answer that was given, and what it does. */
export interface Step {
  question: Question;
  choice: Choice;
  answer: string;
}

export interface Outcome {
  urgency: number;
  trade: string;
  customerSide: readonly string[];
  /** Hazards: each has a sentence that the caller is told. */
  advice: readonly string[];
  /** What to ask next; null at the end. */
  next: Question | null;
  steps: readonly Step[];
  /** The answers that raised the urgency to what it is, and that set the trade. */
  why: { urgency: Step | null; trade: Step | null };
}

/** What an account's state says about a missing supply. */
const ACCOUNT_CAUSES: Record<string, string> = {
  in_arrears: 'arrears',
  suspended: 'suspended',
  closed: 'account_closed',
};

/** The choice that an answer as written falls on; null where it is no answer to this. */
export function choiceFor(question: Question, answer: string): Choice | null {
  if (question.kind !== 'number' || answer === UNKNOWN) {
    return question.choices.find(({ code }) => code === answer) ?? null;
  }
  const value = answer.trim() === '' ? Number.NaN : Number(answer);
  const { minimum, maximum } = question;
  if (!(value >= (minimum ?? 0) && value <= (maximum ?? 0))) return null;
  return (
    question.choices.find(
      ({ at_least, below }) => at_least !== null && at_least <= value && (below === null || value < below),
    ) ?? null
  );
}

/** Walk the guide along the answers; what is no answer to its question is still to be asked. */
export function evaluate(guide: Guide, answers: Answers, accountState = 'active'): Outcome {
  const known = new Map(guide.questions.map((each) => [each.id, each]));
  const steps: Step[] = [];
  let next = known.get(guide.first) ?? null;
  while (next) {
    const question: Question = next;
    const answer = answers[question.id];
    const choice: Choice | null = answer === undefined ? null : choiceFor(question, answer);
    if (answer === undefined || !choice) break;
    steps.push({ question, choice, answer });
    next = choice.next === END ? null : (known.get(choice.next) ?? null);
  }
  const account = ACCOUNT_CAUSES[accountState];
  const urgency = Math.max(guide.urgency, ...steps.map(({ choice }) => choice.urgency ?? 0));
  const traded = steps.filter(({ choice }) => choice.trade !== null).at(-1) ?? null;
  return {
    urgency,
    trade: traded?.choice.trade ?? guide.trade,
    customerSide: distinct([...steps.map(({ choice }) => choice.customer_side), account]),
    advice: distinct(steps.map(({ choice }) => choice.hazard)),
    next,
    steps,
    why: {
      urgency: urgency > guide.urgency ? (steps.find(({ choice }) => choice.urgency === urgency) ?? null) : null,
      trade: traded,
    },
  };
}

const distinct = (codes: readonly (string | null | undefined)[]): string[] => [
  ...new Set(codes.filter((code): code is string => typeof code === 'string')),
];

/** The key that gives each answer: y and n, digits for choices, u for “not known”. */
export function keyOf(question: Question, index: number): string {
  const code = question.choices[index]?.code;
  if (code === UNKNOWN) return 'u';
  if (question.kind === 'yes_no') return code === 'yes' ? 'y' : 'n';
  return question.kind === 'choice' ? String(index + 1) : '';
}
