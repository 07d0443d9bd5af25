"""Queries of reports that are taken and not told yet."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.orm import Session

from core.listen import REPORTS
from telephony.models import UntoldReport
from telephony.report_json import from_json, to_json
from telephony.rules import CarrierEvent

TAKE = """
    WITH taken AS (
        INSERT INTO untold_report (taken_at, carrier_call, event, decided)
        SELECT at, party, told, decided
        FROM jsonb_to_recordset(%s::jsonb)
            AS one (at timestamptz, party text, told jsonb, decided jsonb)
        RETURNING id
    )
    SELECT pg_notify(%s, '') FROM (SELECT count(*) FROM taken) AS done
"""
"""Many reports in one statement, which is one transaction; whoever tells them is woken."""


Decided = Sequence[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Taken:
    """A report to be told. `id`: of its row, None where it never waited.

    `logged`: it was answered with a document and is in the log; `opened`: its call began with it.
    `decided`: what our flow decided with the answer, and what more is said of it; not logged yet.
    """

    event: CarrierEvent
    id: int | None = None
    logged: bool = False
    opened: bool = False
    decided: Decided = ()


def parameters(reports: Sequence[Taken]) -> list[Any]:
    """What `TAKE` is given for these reports."""
    rows = [
        {
            "at": one.event.received_at.isoformat(),
            "party": one.event.carrier_call,
            "told": to_json(one.event),
            "decided": [{"word": word, "more": dict(more)} for word, more in one.decided],
        }
        for one in reports
    ]
    return [json.dumps(rows, ensure_ascii=False), REPORTS]


def add(session: Session, event: CarrierEvent, *, opened: bool) -> None:
    """Let a report be told that is in the log already; whoever tells reports is woken."""
    row = {"taken_at": event.received_at, "carrier_call": event.carrier_call}
    more = {"event": to_json(event), "logged": True, "opened": opened}
    woken = insert(UntoldReport).returning(func.pg_notify(REPORTS, ""))
    session.execute(woken.values(**row, **more))


def waiting(session: Session, limit: int) -> list[Taken]:
    """Those that wait longest, in the order in which they came."""
    return _taken(session, _waiting().limit(limit))


def claimed(session: Session, ids: Iterable[int]) -> list[Taken]:
    """Those of these that still wait, locked; what somebody else is telling is left out."""
    query = _waiting().where(UntoldReport.id.in_(list(ids)))
    return _taken(session, query.with_for_update(skip_locked=True))


def claimed_of_leg(session: Session, carrier_call: str) -> list[Taken]:
    """All that wait of one leg, locked; what somebody else is telling is awaited."""
    query = _waiting().where(UntoldReport.carrier_call == carrier_call)
    return _taken(session, query.with_for_update())


def _waiting() -> Select[UntoldReport]:
    row = UntoldReport
    return select(row).where(row.failed_at.is_(None)).order_by(row.id)


def _taken(session: Session, query: Select[UntoldReport]) -> list[Taken]:
    row = UntoldReport
    columns = query.with_only_columns(row.event, row.id, row.logged, row.opened, row.decided)
    return [
        Taken(
            from_json(one.event),
            one.id,
            one.logged,
            one.opened,
            [(each["word"], each["more"]) for each in one.decided or ()],
        )
        for one in session.execute(columns)
    ]


def drop(session: Session, ids: Iterable[int]) -> None:
    """These are told."""
    session.execute(delete(UntoldReport).where(UntoldReport.id.in_(list(ids))))


def set_aside(session: Session, id_: int, at: datetime, failure: str) -> None:
    """This one cannot be told."""
    found = update(UntoldReport).where(UntoldReport.id == id_)
    session.execute(found.values(failed_at=at, failure=failure))


def revive(session: Session) -> int:
    """Let everything that was set aside be tried again; how many."""
    failed = update(UntoldReport).where(UntoldReport.failed_at.is_not(None))
    return len(session.execute(failed.values(failed_at=None).returning(UntoldReport.id)).all())


def forget(session: Session, before: datetime) -> None:
    """Drop what was set aside before then: it has numbers of callers."""
    session.execute(delete(UntoldReport).where(UntoldReport.failed_at < before))


def failed(session: Session) -> list[UntoldReport]:
    """What was set aside, the oldest first."""
    query = select(UntoldReport).where(UntoldReport.failed_at.is_not(None))
    return list(session.scalars(query.order_by(UntoldReport.id)))
