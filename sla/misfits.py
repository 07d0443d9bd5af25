"""What does not fit together within a policy that is well written: pure."""

from collections.abc import Iterator
from itertools import pairwise

from core.findings import Words
from sla.policy import KNOWN_POINTS, NAMED_INTERVALS, Policy
from sla.zones import known_zones

Misfit = tuple[tuple[str | int, ...], Words]
"""Something in a document that does not fit: where, and what, in Chinese and English."""


def misfits(policy: Policy) -> Iterator[Misfit]:
    """All that does not fit together: where, and what."""
    if not policy.rules:
        yield (
            (),
            ("政策至少有一个环节、总时限或目标", "a policy has a segment, a total or a goal"),
        )
    if policy.zone and policy.zone not in known_zones():
        yield ("zone",), (f"没有时区 {policy.zone}", f"there is no time zone {policy.zone}")
    yield from _twice(policy)
    yield from _unknown_parties(policy)
    yield from _unknown_points(policy)
    yield from _broken_chain(policy)
    yield from _unknown_codes(policy)
    yield from _strange_subjects(policy)
    for place, rule in policy.placed:
        for number, limit in enumerate(rule.limits):
            if limit.length.needs_days and policy.calendar is None:
                yield (
                    (*place, "limits", number, "limit"),
                    ("工作日需要日历", "working days need a calendar"),
                )


def _twice(policy: Policy) -> Iterator[Misfit]:
    seen: set[str] = set()
    timers = [(("timers", number), timer.code) for number, timer in enumerate(policy.timers)]
    for place, code in [*((place, rule.code) for place, rule in policy.placed), *timers]:
        if code in seen:
            yield (*place, "code"), (f"代码 {code} 重复", f"code {code} is used twice")
        seen.add(code)


def _unknown_parties(policy: Policy) -> Iterator[Misfit]:
    named: list[tuple[tuple[str | int, ...], str]] = []
    for place, rule in policy.placed:
        named.append(((*place, "responsible"), rule.responsible))
        for number, limit in enumerate(rule.limits):
            if limit.responsible:
                named.append(((*place, "limits", number, "responsible"), limit.responsible))
    named += [(("timers", number, "tell"), one.tell) for number, one in enumerate(policy.timers)]
    for number, pause in enumerate(policy.pauses):
        if pause.responsible:
            named.append((("pauses", number, "responsible"), pause.responsible))
    for place, party in named:
        if party not in policy.parties:
            yield (
                place,
                (
                    f"责任方 {party} 不在 [parties] 中",
                    f"party {party} is not in [parties]",
                ),
            )


def _unknown_points(policy: Policy) -> Iterator[Misfit]:
    named: list[tuple[tuple[str | int, ...], str]] = []
    for place, rule in policy.placed:
        named += [((*place, "from"), rule.from_point), ((*place, "to"), rule.to_point)]
    for number, timer in enumerate(policy.timers):
        named.append((("timers", number, "from"), timer.from_point))
        named.append((("timers", number, "stop"), timer.stop_point))
    named += [(("course", number), point) for number, point in enumerate(policy.course)]
    for place, point in named:
        if point not in KNOWN_POINTS and point not in policy.points:
            yield (
                place,
                (
                    f"时间点 {point} 未知，也不在 [points] 中",
                    f"point {point} is not known and not in [points]",
                ),
            )


def _strange_subjects(policy: Policy) -> Iterator[Misfit]:
    """What has no hops and crews is judged as a whole."""
    if policy.covers != "ticket":
        return
    timers = [(("timers", number), timer.subject) for number, timer in enumerate(policy.timers)]
    for place, subject in [*((place, rule.subject) for place, rule in policy.placed), *timers]:
        if subject != "ticket":
            yield (
                (*place, "subject"),
                (
                    "适用于受理单的政策，对象须为 ticket",
                    "a policy that covers tickets has subject ticket",
                ),
            )


def _broken_chain(policy: Policy) -> Iterator[Misfit]:
    for number, (before, after) in enumerate(pairwise(policy.segments), 1):
        if before.to_point != after.from_point:
            yield (
                ("segments", number, "from"),
                (
                    f"{after.code} 不是从 {before.code} 的终点开始",
                    f"{after.code} does not begin where {before.code} ends",
                ),
            )
    if policy.total and policy.segments:
        ends = (policy.segments[0].from_point, policy.segments[-1].to_point)
        if (policy.total.from_point, policy.total.to_point) != ends:
            yield (
                ("total",),
                (
                    f"{policy.total.code} 未覆盖全部环节",
                    f"{policy.total.code} does not span the segments",
                ),
            )


def _unknown_codes(policy: Policy) -> Iterator[Misfit]:
    rules = {rule.code for rule in policy.rules}
    every = rules | {timer.code for timer in policy.timers}
    for number, pause in enumerate(policy.pauses):
        if pause.kind in NAMED_INTERVALS:
            yield (
                ("pauses", number, "kind"),
                (
                    f"{pause.kind} 在任何政策下都停表",
                    f"{pause.kind} is held under every policy",
                ),
            )
        for at, code in enumerate(pause.stops):
            if code not in rules:
                yield (
                    ("pauses", number, "stops", at),
                    (f"没有环节 {code}", f"there is no segment {code}"),
                )
    for number, ladder in enumerate(policy.ladders):
        for at, code in enumerate(ladder.of):
            if code not in every:
                yield (
                    ("ladders", number, "of", at),
                    (
                        f"没有环节或提醒 {code}",
                        f"there is no segment or timer {code}",
                    ),
                )
