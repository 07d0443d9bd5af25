"""The report of the hotline: figures of callers' calls, agents and call-backs of a period."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.settings import settings
from dashboards.hotline import query
from dashboards.hotline.buckets import LONGEST, Bucket, buckets, position, spread
from dashboards.hotline.figures import Contact, Figures, Promise, Rule, figures, repeated
from dashboards.hotline.shifts import Asked, Occupancy, Shift, Stretch, occupancy, shift
from telephony.routing.queues import plan

By = Literal["total", "queue", "agent", "quarter", "day"]
STAFF = tuple(one.name for one in fields(Occupancy))
NO_QUEUE = ("", "未进队列", "Before any queue")


@dataclass(frozen=True, slots=True)
class Line:
    """A group of calls. `staff` is None by queue: an agent answers for several."""

    key: str
    key_zh: str
    key_en: str
    figures: Figures
    staff: Occupancy | None

    def as_json(self) -> dict[str, Any]:
        name = {"key": self.key, "key_zh": self.key_zh, "key_en": self.key_en}
        staff = asdict(self.staff) if self.staff else dict.fromkeys(STAFF)
        return {**name, **self.figures.as_json(), **staff}


@dataclass(frozen=True, slots=True)
class AgentLine:
    """One agent."""

    key: str
    name: str
    shift: Shift

    def as_json(self) -> dict[str, Any]:
        return {"key": self.key, "name": self.name, **asdict(self.shift)}


@dataclass(frozen=True, slots=True)
class Material:
    """All rows that a report is made of."""

    contacts: Sequence[Contact]
    repeats: frozenset[UUID]
    promises: Sequence[Promise]
    stretches: Sequence[Stretch]
    offers: Sequence[Asked]


@dataclass(frozen=True, slots=True)
class HotlineReport:
    """A whole report. `short_s`: who gave up within so many seconds gave up at once."""

    by: By
    start: datetime
    end: datetime
    timezone: str
    rule: Rule
    short_s: float
    total: Line
    lines: tuple[Line, ...]
    agents: tuple[AgentLine, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "by": self.by,
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "timezone": self.timezone,
            "rule": {**asdict(self.rule), "short_s": self.short_s},
            "total": self.total.as_json(),
            "lines": [one.as_json() for one in self.lines],
            "agents": [one.as_json() for one in self.agents],
        }


def usual_rule() -> Rule:
    """What the installation measures by."""
    chosen = settings()
    return Rule(
        answer_s=chosen.service_level_seconds,
        target=chosen.service_level_target,
        reading="short_out" if chosen.service_level_reading == "short_out" else "short_in",
        repeat_s=chosen.repeat_call_hours * 3600,
    )


def too_long(by: By, start: datetime, end: datetime) -> bool:
    """So many groups are of no use to anybody."""
    return by in LONGEST and end - start > LONGEST[by]


def hotline_report(
    session: Session,
    org_id: int,
    start: datetime,
    end: datetime,
    by: By,
    rule: Rule,
    now: datetime,
) -> HotlineReport:
    """The report over calls that came in [start, end). Time of agents counts until `now`.

    `session` must be a repeatable-read one, so that calls and agents are of one moment.
    """
    zone = settings().timezone
    found = _gather(session, org_id, start, end, rule)
    staff = occupancy(found.stretches, start, min(end, now))
    total = Line("", "合计", "Total", _figures(found, found.contacts, found.promises, rule), staff)
    lines: list[Line] = []
    agents: list[AgentLine] = []
    if by == "queue":
        lines = list(_by_queue(found, rule))
    elif by in ("quarter", "day"):
        parts = buckets(by, start, end, ZoneInfo(zone))
        lines = list(_by_time(found, rule, parts, now))
    elif by == "agent":
        agents = list(_by_agent(session, org_id, found, start, min(end, now)))
    short_s = settings().short_abandon_seconds
    return HotlineReport(by, start, end, zone, rule, short_s, total, tuple(lines), tuple(agents))


def _gather(session: Session, org_id: int, start: datetime, end: datetime, rule: Rule) -> Material:
    stretches = query.stretches(session, org_id, start, end)
    seen = query.seen(session, org_id, start, end, rule.repeat_s)
    return Material(
        contacts=query.contacts(session, org_id, start, end, stretches),
        repeats=repeated(seen, rule.repeat_s),
        promises=query.promises(session, org_id, start, end),
        stretches=stretches,
        offers=query.offers(session, org_id, start, end),
    )


def _figures(
    found: Material, contacts: Sequence[Contact], promises: Sequence[Promise], rule: Rule
) -> Figures:
    return figures(contacts, found.repeats, promises, rule)


def _by_queue(found: Material, rule: Rule) -> Iterator[Line]:
    calls: defaultdict[str, list[Contact]] = defaultdict(list)
    backs: defaultdict[str, list[Promise]] = defaultdict(list)
    for contact in found.contacts:
        calls[contact.queue or ""].append(contact)
    for promise in found.promises:
        backs[promise.queue].append(promise)
    known = [(one.code, one.name_zh, one.name_en) for one in plan().queue]
    codes = {code for code, _, _ in known}
    other = [(code, code, code) for code in sorted({*calls, *backs} - codes - {""})]
    for key, zh, en in (*known, *other, NO_QUEUE):
        yield Line(key, zh, en, _figures(found, calls[key], backs[key], rule), None)


def _by_time(found: Material, rule: Rule, parts: Sequence[Bucket], now: datetime) -> Iterator[Line]:
    calls: defaultdict[int, list[Contact]] = defaultdict(list)
    backs: defaultdict[int, list[Promise]] = defaultdict(list)
    for contact in found.contacts:
        calls[position(parts, contact.opened_at)].append(contact)
    for promise in found.promises:
        backs[position(parts, promise.asked_at)].append(promise)
    staffed = spread(parts, found.stretches)
    for index, one in enumerate(parts):
        own = _figures(found, calls[index], backs[index], rule)
        staff = occupancy(staffed[index], one.start, min(one.end, now))
        yield Line(one.key, one.key, one.key, own, staff)


def _by_agent(
    session: Session, org_id: int, found: Material, start: datetime, end: datetime
) -> Iterator[AgentLine]:
    mine: defaultdict[UUID, list[Stretch]] = defaultdict(list)
    asked: defaultdict[UUID, list[Asked]] = defaultdict(list)
    for stretch in found.stretches:
        mine[stretch.user_id].append(stretch)
    for offer in found.offers:
        asked[offer.user_id].append(offer)
    names = query.names(session, org_id, {*mine, *asked})
    for id_ in sorted({*mine, *asked}, key=lambda one: (names.get(one, ""), one)):
        own = shift(mine[id_], asked[id_], start, end)
        yield AgentLine(str(id_), names.get(id_, ""), own)


def as_csv(report: HotlineReport) -> str:
    """The lines of a report, the total first; its period, zone and rule in every line."""
    rows = [one.as_json() for one in (report.total, *report.lines)]
    if report.by == "agent":
        rows = [one.as_json() for one in report.agents]
    whole = report.as_json()
    about = {name: whole[name] for name in ("from", "to", "timezone")} | whole["rule"]
    outcomes = sorted({name for row in rows for name in row.get("outcomes", ())})
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    for number, row in enumerate(rows):
        counts = row.pop("outcomes", {})
        flat = row | {f"outcome_{name}": counts.get(name, 0) for name in outcomes} | about
        if number == 0:
            out.writerow(flat)
        out.writerow(_cell(value) for value in flat.values())
    return "\ufeff" + text.getvalue()  # the mark makes spreadsheets read it as UTF-8


def _cell(value: Any) -> Any:
    """A spreadsheet takes a name as a text, never as a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value
