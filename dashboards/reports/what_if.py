"""What if: a past period judged again under another policy, and what comes out otherwise.

Orders are read in a stream; what is kept are counts, and one page of the orders that change.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.identity import Access
from core.settings import settings
from dashboards.reports.adjusted import By
from dashboards.reports.query import Case, cases, labels
from dashboards.reports.segments import is_for, keys_of, names_of, over_segments
from dashboards.reports.steps import EVERY, Steps
from sla.policy import Policy, SegmentRule
from sla.segments import Segment
from sla.what_if import OUTCOMES, Pair, Tally, pairs, share

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """`before`: the policy to compare with, `after`: the one that is tried. `everywhere`: try it
    also on orders that it does not apply to. `offset`, `limit`: which of the changes are listed, in
    the order of filing.
    """

    before: Policy
    after: Policy
    by: By = "segment"
    system: str | None = None
    everywhere: bool = False
    offset: int = 0
    limit: int = 50
    timezone: str | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone or settings().timezone)


@dataclass(slots=True)
class Answer:
    """`orders`: looked at; `covered`: of them those that are judged by the other policy;
    `orders_changed`: those in which anything comes out otherwise; `changes`: how many segments do.
    """

    question: Question
    start: datetime
    end: datetime
    orders: int = 0
    covered: int = 0
    orders_changed: int = 0
    changes: int = 0
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    names: dict[str, tuple[str, str]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Flat values; lengths in seconds, unrounded."""
        asked = self.question
        return {
            "against": asked.before.code,
            "against_version": asked.before.version,
            "policy": asked.after.code,
            "policy_version": asked.after.version,
            "by": asked.by,
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "timezone": asked.zone.key,
            "system": asked.system,
            "orders": self.orders,
            "covered": self.covered,
            "orders_changed": self.orders_changed,
            "changes": self.changes,
            "lines": [self._line(key, code) for key, code in self._sorted()],
            "offset": asked.offset,
            "rows": self.rows,
        }

    def _rules(self) -> dict[str, SegmentRule]:
        asked = self.question
        return {rule.code: rule for rule in (*asked.before.rules, *asked.after.rules)}

    def _sorted(self) -> list[tuple[str, str]]:
        place = {code: at for at, code in enumerate(self._rules())}
        return sorted(self.tallies, key=lambda one: (one[0], place[one[1]]))

    def _line(self, key: str, code: str) -> dict[str, Any]:
        tally, rule = self.tallies[key, code], self._rules()[code]
        zh, en = self.names.get(key, (key, key))
        line: dict[str, Any] = {
            "key": key,
            "key_zh": zh,
            "key_en": en,
            "code": code,
            "name_zh": rule.name.zh,
            "name_en": rule.name.en,
            "met_to_breached": tally.moves["met", "breached"],
            "breached_to_met": tally.moves["breached", "met"],
            "changed": tally.changed,
        }
        for when, count in (("before", tally.before), ("after", tally.after)):
            line |= {f"{outcome}_{when}": count(outcome) for outcome in OUTCOMES}
            line[f"share_{when}"] = share(count("met"), count("breached"))
        return line


def what_if(
    session: Session,
    org_id: int,
    access: Access,
    asked: Question,
    start: datetime,
    end: datetime,
    told: Callable[[Row], None] = lambda _: None,
) -> Steps[Answer]:
    """Judge the orders filed in [start, end) that the reader may see under both policies.

    `told` hears every change, also those that are not listed. Memory does not grow with the period.
    """
    names = names_of(asked.before) | names_of(asked.after) | labels(session, org_id)
    answer = Answer(asked, start, end, names=names)
    for case in cases(session, org_id, access, start, end, asked.system):
        answer.orders += 1
        covered = asked.everywhere or is_for(asked.after, case)
        answer.covered += covered
        found = list(_judged_twice(case, asked, end, covered=covered))
        for pair in found:
            for key in keys_of(case, pair.segment, asked.by, asked.zone):
                answer.tallies.setdefault((key, pair.segment.code), Tally()).add(pair)
        _note(answer, case, [pair for pair in found if pair.changed], told)
        if answer.orders % EVERY == 0:
            yield answer.orders
    yield answer.orders
    return answer


def _judged_twice(case: Case, asked: Question, now: datetime, *, covered: bool) -> list[Pair]:
    """An order that the other policy is not for stays as it is."""
    before = over_segments(case, asked.before, now)
    return list(pairs(before, over_segments(case, asked.after, now) if covered else before))


def _note(answer: Answer, case: Case, changed: list[Pair], told: Callable[[Row], None]) -> None:
    answer.orders_changed += bool(changed)
    asked = answer.question
    for pair in changed:
        row = _row(case, pair)
        told(row)
        if asked.offset <= answer.changes < asked.offset + asked.limit:
            answer.rows.append(row)
        answer.changes += 1


def _row(case: Case, pair: Pair) -> Row:
    before, after = pair.move
    return {
        "order_id": str(case.id),
        "number": case.number,
        "system": case.system,
        "filed_at": case.filed_at.isoformat(),
        "code": pair.segment.code,
        "before": before,
        "after": after,
        "spent_before_s": _of(pair.before, "spent_s"),
        "limit_before_s": _of(pair.before, "limit_s"),
        "spent_after_s": _of(pair.after, "spent_s"),
        "limit_after_s": _of(pair.after, "limit_s"),
    }


def _of(segment: Segment | None, name: str) -> float | None:
    return None if segment is None else getattr(segment, name)
