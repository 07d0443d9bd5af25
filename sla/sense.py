"""What a new document says that can mean nothing: pure.

A text of the right form may still hold a limit that is never reached, or a ladder that nobody can
climb. Such a text is not taken in; what was kept before somebody looked for it stays readable.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from math import inf
from typing import Any

from sla.calendars import Span
from sla.facts import When
from sla.misfits import Misfit
from sla.policy import Ladder, Limit, Policy, SegmentRule

Place = tuple[str | int, ...]
Found = Iterator[Misfit]

KINDS = (
    "fault_repair", "enquiry", "complaint", "report", "opinion", "suggestion", "service_request",
    "praise",
)  # fmt: skip
CUSTOMERS = ("ordinary", "special", "first", "second", "temporary")
PLACEHOLDERS = frozenset({"number", "rule", "minutes"})
LONGEST = timedelta(days=3_660)
"""A limit longer than this is a slip of the pen, and its end would lie in no calendar."""
LONGEST_HOLIDAY = 60

NUMBERS = frozenset(
    {
        "version",
        "priority",
        "warn_share",
        "warn_left_s",
        "limit_s",
        "most_s",
        "most_total_s",
        "after_s",
    }
)
_BRACES = re.compile(r"\{([^{}]*)\}|[{}]")
_DAYS = {"day": 1.0, "workday": 1.0, "workhour": 1 / 24}
_MINUTE = 1 / 1440


def odd_values(raw: Any, place: Place = ()) -> Found:
    """Numbers of a TOML text that are written as words, as true or false, or without end."""
    if isinstance(raw, list):
        for number, one in enumerate(raw):
            yield from odd_values(one, (*place, number))
    if not isinstance(raw, dict):
        return
    for key, value in raw.items():
        if key in NUMBERS and (isinstance(value, bool | str) or value in (inf, -inf)):
            yield (
                (*place, key),
                (
                    "数字不加引号，写作 180 或 0.8",
                    "a number is written without quotes, as 180 or 0.8",
                ),
            )
        elif key != "facts":
            yield from odd_values(value, (*place, key))


def odd_policy(policy: Policy) -> Found:
    """Where a policy says what it cannot mean, and why."""
    for place, when in _conditions(policy):
        yield from _odd_when(place, when)
    for place, rule in policy.placed:
        yield from _odd_rule(policy, place, rule)
        for number, limit in enumerate(rule.limits):
            yield from _odd_limit((*place, "limits", number), limit)
    for number, timer in enumerate(policy.timers):
        if timer.from_point == timer.stop_point:
            yield (
                ("timers", number, "stop"),
                (f"{timer.code} 的起点与终点相同", f"{timer.code} ends where it begins"),
            )
        if not timer.source.strip():
            yield ("timers", number, "source"), ("数值须注明来源", "a figure names its source")
        if timer.limit_s > LONGEST.total_seconds():
            yield ("timers", number, "limit_s"), ("超过十年", "longer than ten years")
    seen: set[str] = set()
    for number, pause in enumerate(policy.pauses):
        if pause.kind in seen:
            yield ("pauses", number, "kind"), (f"{pause.kind} 重复", f"{pause.kind} is there twice")
        seen.add(pause.kind)
        if pause.most_s and pause.most_total_s and pause.most_total_s < pause.most_s:
            yield (
                ("pauses", number, "most_total_s"),
                ("合计最长不得短于单次最长", "all holds may last as long as one at least"),
            )
    yield from _odd_ladders(policy)


def _conditions(policy: Policy) -> Iterator[tuple[Place, When]]:
    if policy.applies is not None:
        yield ("applies",), policy.applies
    for place, rule in policy.placed:
        yield (*place, "when"), rule.when
        for number, limit in enumerate(rule.limits):
            yield (*place, "limits", number, "when"), limit.when


def _odd_when(place: Place, when: When) -> Found:
    if when.hours and when.hours[0] == when.hours[1]:
        yield (*place, "hours"), ("起止时刻相同", "ends when it begins")
    for name, codes, known in (
        ("kind", when.kind, KINDS),
        ("customer_class", when.customer_class, CUSTOMERS),
    ):
        for code in codes:
            if code not in known:
                yield (
                    (*place, name),
                    (
                        f"没有 {code}；可用的有：{', '.join(known)}",
                        f"there is no {code}; there are {', '.join(known)}",
                    ),
                )


def _odd_rule(policy: Policy, place: Place, rule: SegmentRule) -> Found:
    if rule.from_point == rule.to_point:
        yield (*place, "to"), (f"{rule.code} 的起点与终点相同", f"{rule.code} ends where it begins")
    if rule.subject == "ticket" and policy.covers == "order":
        yield (
            (*place, "subject"),
            (
                "适用于工单的政策，对象不得为 ticket",
                "a policy that covers orders has no subject ticket",
            ),
        )
    if place[0] != "goals" and (rule.statistic or policy.statistic) == "min_lead":
        yield place, ("“至少提前”只能用于目标", "a lead that must be kept is a goal")
    always = When()
    for number, limit in enumerate(rule.limits[:-1]):
        if limit.when == always:
            later = (*place, "limits", number + 1)
            yield later, ("永不生效：前一条始终生效", "never holds: the one before it holds always")
            break


def _odd_limit(place: Place, limit: Limit) -> Found:
    if not limit.source.strip():
        yield (*place, "source"), ("数值须注明来源", "a figure names its source")
    if _days(limit.length) > LONGEST.days:
        name = "limit_s" if limit.limit is None else "limit"
        yield (*place, name), ("超过十年", "longer than ten years")


def _days(length: Span) -> float:
    seconds = length.seconds
    return length.amount * _DAYS.get(length.unit, _MINUTE) if seconds is None else seconds / 86_400


def _odd_ladders(policy: Policy) -> Found:
    seen: set[str] = set()
    for number, ladder in enumerate(policy.ladders):
        place: Place = ("ladders", number)
        if ladder.code in seen:
            yield (
                (*place, "code"),
                (f"代码 {ladder.code} 重复", f"code {ladder.code} is used twice"),
            )
        seen.add(ladder.code)
        yield from _never_climbed(policy, place, ladder)
        for at, step in enumerate(ladder.steps):
            for language, text in (("zh", step.text.zh), ("en", step.text.en)):
                for brace in _BRACES.finditer(text):
                    if brace[1] not in PLACEHOLDERS:
                        yield (
                            (*place, "steps", at, "text", language),
                            (
                                f"{brace[0]} 不是 {{number}}、{{rule}}、{{minutes}} 之一",
                                f"{brace[0]} is none of {{number}}, {{rule}}, {{minutes}}",
                            ),
                        )


def _never_climbed(policy: Policy, place: Place, ladder: Ladder) -> Found:
    """An alarm is rung by a timer; only a limit is warned of, at risk and passed."""
    alarms = {timer.code for timer in policy.timers}
    on = ", ".join(ladder.on)
    for at, code in enumerate(ladder.of):
        climbed = "alarm" in ladder.on if code in alarms else set(ladder.on) != {"alarm"}
        if not climbed:
            yield (
                (*place, "of", at),
                (f"{code} 不会触发 {on}", f"{code} is never an occasion of {on}"),
            )


def odd_days(
    week: Sequence[int],
    off: Sequence[tuple[Place, date, date]],
    worked: Sequence[tuple[Place, date]],
) -> Found:
    """The same of a calendar: `off` are its holidays (the last day included), `worked` the days
    that are worked though the week says otherwise.
    """
    if len(set(week)) != len(week):
        yield ("week",), ("有一天重复", "a day is there twice")
    for place, first, last in off:
        if (last - first).days >= LONGEST_HOLIDAY:
            yield (
                (*place, "to"),
                (
                    f"一个假期须短于 {LONGEST_HOLIDAY} 天",
                    f"a holiday is shorter than {LONGEST_HOLIDAY} days",
                ),
            )
    for place, day in worked:
        if any(first <= day <= last for _, first, last in off):
            yield place, (f"{day} 同时是假日", f"{day} is a holiday as well")
