"""A guide as values, and what answers to it mean: pure.

A guide is a graph of questions without circles. Each answer names the next question, or `end`,
and may have effects: at least this urgency, this trade, a skill, a cause on the customer's side, a
hazard whose sentence the caller is told. Of several urgencies the highest counts, of several
trades the last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

END = "end"
UNKNOWN = "unknown"
KINDS = ("yes_no", "choice", "number")
HIGHEST_URGENCY = 3
# What an account's state says about a missing supply.
ACCOUNT_CAUSES: Mapping[str, str] = MappingProxyType(
    {"in_arrears": "arrears", "suspended": "suspended", "closed": "account_closed"}
)


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer. `at_least`, `below`: the range of a number, half open; None is without end."""

    code: str
    words: Words
    next: str
    urgency: int | None = None
    trade: str | None = None
    skill: str | None = None
    customer_side: str | None = None
    hazard: str | None = None
    at_least: float | None = None
    below: float | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """`minimum`, `maximum`: of a number, both included."""

    id: str
    kind: str
    words: Words
    choices: tuple[Choice, ...]
    minimum: float | None = None
    maximum: float | None = None

    def choice_for(self, answer: str) -> Choice | None:
        """The choice that an answer as written falls on; None where it is no answer to this."""
        if self.kind != "number" or answer == UNKNOWN:
            return next((one for one in self.choices if one.code == answer), None)
        try:
            value = float(answer)
        except ValueError:
            return None
        if not (self.minimum or 0.0) <= value <= (self.maximum or 0.0):
            return None
        return next(
            (
                one
                for one in self.choices
                if one.at_least is not None
                and one.at_least <= value
                and (one.below is None or value < one.below)
            ),
            None,
        )


@dataclass(frozen=True, slots=True)
class Guide:
    """The questions of one fault type. `urgency` and `trade` hold while nothing says otherwise."""

    code: str
    version: int
    urgency: int
    trade: str
    first: str
    questions: Mapping[str, Question]


@dataclass(frozen=True, slots=True)
class Because:
    """Which answer had which effect. `question` is empty for what the account's state says."""

    question: str
    answer: str
    effect: str
    value: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What answers add up to. `missing`: the question to ask next; None at the end.

    `asked`: the questions on the way, in order; `stray`: answers to what was not asked.
    """

    urgency: int
    trade: str
    skills: tuple[str, ...]
    customer_side: tuple[str, ...]
    advice: tuple[str, ...]
    missing: str | None
    asked: tuple[str, ...]
    because: tuple[Because, ...]
    stray: tuple[str, ...]


class NotAnAnswer(ValueError):
    """An answer that its question does not know. `question` names it."""

    def __init__(self, question: str) -> None:
        self.question = question
        super().__init__(f"not an answer to {question}")


def evaluate(guide: Guide, answers: Mapping[str, str], account_state: str = "active") -> Outcome:
    """Walk the guide along the answers. Raises NotAnAnswer for a wrong one on the way."""
    asked: list[str] = []
    because: list[Because] = []
    at = guide.first
    while at != END and at in answers:
        question = guide.questions[at]
        choice = question.choice_for(answers[at])
        if choice is None:
            raise NotAnAnswer(at)
        asked.append(at)
        because.extend(_effects(question, choice))
        at = choice.next
    if cause := ACCOUNT_CAUSES.get(account_state):
        because.append(Because("", account_state, "customer_side", cause))
    return _sum(guide, answers, asked, because, missing=None if at == END else at)


def _effects(question: Question, choice: Choice) -> list[Because]:
    values = (
        ("urgency", choice.urgency),
        ("trade", choice.trade),
        ("skill", choice.skill),
        ("customer_side", choice.customer_side),
        ("hazard", choice.hazard),
    )
    return [
        Because(question.id, choice.code, effect, str(value))
        for effect, value in values
        if value is not None
    ]


def _sum(
    guide: Guide,
    answers: Mapping[str, str],
    asked: Sequence[str],
    because: Sequence[Because],
    *,
    missing: str | None,
) -> Outcome:
    def of(effect: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.value for one in because if one.effect == effect))

    trades = of("trade")
    return Outcome(
        urgency=max([guide.urgency, *(int(value) for value in of("urgency"))]),
        trade=[one.value for one in because if one.effect == "trade"][-1]
        if trades
        else guide.trade,
        skills=of("skill"),
        customer_side=of("customer_side"),
        advice=of("hazard"),
        missing=missing,
        asked=tuple(asked),
        because=tuple(because),
        stray=tuple(name for name in answers if name not in asked),
    )
