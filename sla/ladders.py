"""Who is told, step by step, when something rings: pure.

A policy's ladder holds for its codes and occasions. An alarm that no ladder of the policy names has
the plain one: the sender is told on the screen, with a sound.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sla.policy import Ladder, Name, Occasion, Policy, Step

PLAIN = Ladder(
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


def ladders_for(policy: Policy, code: str, occasion: Occasion) -> list[Ladder]:
    """The ladders that a segment, goal, total or timer climbs on this occasion."""
    found = [one for one in policy.ladders if code in one.of and occasion in one.on]
    return found or ([PLAIN] if occasion == "alarm" else [])


def ladder_called(policy: Policy, code: str) -> Ladder:
    """A ladder by its code; the plain one where the policy has none of that code."""
    return next((one for one in policy.ladders if one.code == code), PLAIN)


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
    """What may stand in a ladder's text: the order's number, the rule's name, minutes over."""

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
