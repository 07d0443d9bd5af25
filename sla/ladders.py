"""Who is told, step by step, when something rings: pure.

A policy's ladder holds for its codes and occasions. What no ladder of the policy names has a plain
one: of an alarm the sender is told on the screen, with a sound; of an answer to a customer whoever
has the ticket, then those above.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sla.policy import Ladder, Name, Occasion, Policy, Step

PLAIN_ALARM = Ladder(
    code="plain",
    on=("alarm",),
    of=("any",),
    steps=(
        Step(
            after_s=0,
            to="sender",
            channels=("screen", "sound"),
            text=Name(zh="工单 {number}：{rule}", en="Order {number}: {rule}"),
        ),
    ),
)
PLAIN_WARNING = Ladder(
    code="plain_warning",
    on=("warning",),
    of=("any",),
    steps=(
        Step(
            after_s=0,
            to="receiver",
            channels=("screen",),
            text=Name(zh="受理单 {number}：{rule}将到期", en="Ticket {number}: {rule} is due soon"),
        ),
    ),
)
PLAIN_LATE = Ladder(
    code="plain_late",
    on=("breach",),
    of=("any",),
    steps=tuple(
        Step(
            after_s=after_s,
            to=to,
            channels=channels,
            text=Name(zh="受理单 {number}：{rule}已超时", en="Ticket {number}: {rule} is late"),
        )
        for after_s, to, channels in (
            (0, "receiver", ("screen", "robot")),
            (3600, "leader_1", ("screen", "sms", "robot")),
            (14400, "supervisor", ("screen", "sms", "robot", "mail")),
        )
    ),
)
_PLAIN = {one.code: one for one in (PLAIN_ALARM, PLAIN_WARNING, PLAIN_LATE)}


def ladders_for(policy: Policy, code: str, occasion: Occasion) -> list[Ladder]:
    """The ladders that a segment, goal, total or timer climbs on this occasion."""
    found = [one for one in policy.ladders if code in one.of and occasion in one.on]
    plain = _PLAIN.values() if policy.covers == "ticket" else (PLAIN_ALARM,)
    return found or [one for one in plain if occasion in one.on]


def ladder_called(policy: Policy, code: str) -> Ladder:
    """A ladder by its code; a plain one where the policy has none of that code."""
    return next((one for one in policy.ladders if one.code == code), None) or _PLAIN[code]


def step_due(ladder: Ladder, number: int, began_at: datetime) -> datetime | None:
    """When step `number` (from 0) is due; None behind the last."""
    if number >= len(ladder.steps):
        return None
    return began_at + timedelta(seconds=ladder.steps[number].after_s)


def warns_at(
    due_at: datetime, limit_s: float, warn_share: float, warn_left_s: float | None
) -> datetime:
    """When a running stretch begins to warn: `warn_share` of its limit is gone, or `warn_left_s` is
    left, whichever comes first.
    """
    left = max((1 - warn_share) * limit_s, warn_left_s or 0.0)
    return due_at - timedelta(seconds=min(left, limit_s))


def text_code(ladder: str, number: int) -> str:
    """What an attempt's text is called in facts: `not_accepted.2` (counted from 1)."""
    return f"{ladder}.{number + 1}"


@dataclass(frozen=True, slots=True)
class Words:
    """What may stand in a ladder's text. `number`: of the order or ticket; `minutes`: over."""

    number: str
    rule: Name
    minutes: int


def said(text: Name, words: Words) -> Name:
    """The text with `{number}`, `{rule}` and `{minutes}` filled in; other braces stay."""

    def fill(sentence: str, rule: str) -> str:
        for name, value in (
            ("{number}", words.number),
            ("{rule}", rule),
            ("{minutes}", str(words.minutes)),
        ):
            sentence = sentence.replace(name, value)
        return sentence

    return Name(zh=fill(text.zh, words.rule.zh), en=fill(text.en, words.rule.en))
