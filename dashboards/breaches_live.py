"""Breaches and anomalies as a live topic: rows, snapshot and projector of `breaches:all`.

A row depends on the database alone. Breaches leave the page by age: a snapshot holds those whose
deadline lies behind `since`, and a screen drops what was due before; so the law of live screens
(old snapshot + deltas == fresh snapshot) holds for the rows of one window.

`seen_by` of a row names the centres that see it; for all others it is not there
(`dashboards.seen`). So one topic serves everybody, and what changes hands leaves a screen.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from core.clock import now, rate
from core.live import BREACHES, head_of
from core.models import Unit
from core.wiring import RowChange
from dashboards.breaches import anomaly_row, every_anomaly, every_review, odd_of, review_row
from dashboards.values import iso
from dispatch.reviews.models import Review
from sla.models import SlaAnomaly

LONGEST = timedelta(days=31)
MOST = 5_000
"""Breaches of one snapshot, at most: the newest."""

Centres = Mapping[str, str | None]
_WHO = ("holder_id", "centre_id", "unit", "ruled_unit")


def snapshot(session: Session, org_id: int, now: datetime, window: timedelta) -> dict[str, Any]:
    """Breaches due within `window` and the anomalies that wait, with the number of the last delta.

    `session` must be a repeatable-read one, so that rows and number are of one moment.
    """
    since = now - window
    query = every_review(org_id).where(Review.due_at >= since)
    found = session.execute(query.order_by(Review.due_at.desc(), Review.id).limit(MOST + 1)).all()
    odd = every_anomaly(org_id).where(SlaAnomaly.state == "open")
    centres = _centres(session, org_id)
    return {
        "topic": BREACHES,
        "number": head_of(session, org_id, BREACHES),
        "server_time": iso(now),
        "rate": rate(),
        "since": iso(since),
        "more": len(found) > MOST,
        "reviews": [_seen_by(review_row(*row), centres) for row in found[:MOST]],
        "anomalies": [_seen_by(anomaly_row(*row), centres) for row in session.execute(odd)],
    }


def project(session: Session, org_id: int, touched: Iterable[tuple[str, UUID]]) -> list[RowChange]:
    """The new rows of breaches and anomalies of what a transaction touched."""
    by_entity: dict[str, list[UUID]] = defaultdict(list)
    for entity, id_ in touched:
        by_entity[entity].append(id_)
    cases, moved = by_entity["order"], [str(one) for one in by_entity["crew_moved"]]
    concerns: list[ColumnElement[bool]] = [Review.case_id.in_(cases)] if cases else []
    if moved:  # who sees what a crew answers for may have changed
        theirs = or_(Review.unit.in_(moved), Review.ruled_unit.in_(moved))
        concerns.append(theirs & (Review.due_at >= now() - LONGEST))
    if not concerns:
        return []
    found = session.execute(every_review(org_id).where(or_(*concerns)).order_by(Review.id)).all()
    odd = odd_of(session, org_id, cases)
    if not found and not odd:
        return []
    centres = _centres(session, org_id)
    changes = [_change("review", _seen_by(review_row(*row), centres)) for row in found]
    return changes + [_change("anomaly", _seen_by(row, centres)) for row in odd]


def _change(entity: str, row: dict[str, Any]) -> RowChange:
    gone = entity == "anomaly" and row["state"] != "open"
    return RowChange(BREACHES, entity, row["id"], None if gone else row)


def _centres(session: Session, org_id: int) -> Centres:
    """The unit that each unit belongs to; of a centre or department none."""
    query = select(Unit.id, Unit.centre_id).where(Unit.org_id == org_id)
    return {str(id_): str(of) if of else None for id_, of in session.execute(query)}


def _seen_by(row: dict[str, Any], centres: Centres) -> dict[str, Any]:
    named = [row[name] for name in _WHO if row.get(name)]
    over = [of for of in map(centres.get, named) if of]
    return {**row, "seen_by": sorted({*named, *over})}
