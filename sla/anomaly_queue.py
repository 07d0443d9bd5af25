"""Use cases of anomalies: the queue follows what is odd, a person explains what stays so."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core.errors import NotFound
from core.events import SlaAnomalyExplained, SlaAnomalyOpened, SlaAnomalyResolved
from core.uow import UnitOfWork
from sla import repository
from sla.anomalies import Odd, changes, negative
from sla.models import SlaAnomaly
from sla.repository import case_of
from sla.service import policy_of
from sla.timelines import Timeline

SOURCE = "sla"
EXPLANATIONS = ("device_clock", "late_entry", "evidence_lost", "other")


def settle(
    uow: UnitOfWork, case_id: UUID, timelines: Sequence[Timeline], odd: Sequence[Odd], now: datetime
) -> None:
    """Open what is odd now, close what is not any more. The case is locked by the caller.

    `odd`: what stamps tell by themselves; stretches that end before they begin come on top.
    """
    case = case_of(uow.session, uow.org_id, case_id)
    if case is None:
        return
    query = select(SlaAnomaly).where(SlaAnomaly.org_id == uow.org_id, SlaAnomaly.case_id == case_id)
    rows = {row.id: row for row in uow.session.scalars(query)}
    found = [*negative(policy_of(case), timelines, now), *odd]
    open_ids = {row.id for row in rows.values() if row.state == "open"}
    explained = {row.id for row in rows.values() if row.state == "explained"}
    for change in changes(case_id, open_ids, explained, found):
        if change.odd is None:
            _resolve(uow, rows[change.id], now)
        else:
            _open(uow, case_id, change.id, rows.get(change.id), change.odd, now)


def _open(
    uow: UnitOfWork, case_id: UUID, id_: UUID, row: SlaAnomaly | None, odd: Odd, now: datetime
) -> None:
    if row is None:
        row = SlaAnomaly(org_id=uow.org_id, id=id_, case_id=case_id)
        uow.session.add(row)
    row.kind, row.code, row.subject_id = odd.kind, odd.code, odd.subject_id
    row.amount_s, row.amount_m, row.stamp_id = odd.amount_s, odd.amount_m, odd.stamp_id
    row.state, row.opened_at = "open", now
    row.closed_at = row.closed_by = row.reason = None
    fact = SlaAnomalyOpened(
        anomaly_id=id_,
        kind=odd.kind,
        code=odd.code,
        subject_id=odd.subject_id,
        amount_s=odd.amount_s,
        stamp_id=odd.stamp_id,
        amount_m=odd.amount_m,
    )
    uow.emit(case_id, fact, occurred_at=now, source=SOURCE)


def _resolve(uow: UnitOfWork, row: SlaAnomaly, now: datetime) -> None:
    if row.state == "resolved":
        return
    row.state, row.closed_at, row.closed_by = "resolved", now, uow.actor.user_id
    uow.emit(row.case_id, SlaAnomalyResolved(anomaly_id=row.id), occurred_at=now, source=SOURCE)


def explain(uow: UnitOfWork, anomaly_id: UUID, reason: str, words: str | None) -> UUID:
    """A person says why it is so; it leaves the queue and stays unjudged. Returns the case's id.

    Raises NotFound.
    """
    row = uow.session.get(SlaAnomaly, (uow.org_id, anomaly_id))
    if row is None:
        raise NotFound(what="anomaly", id=anomaly_id)
    repository.case_locked(uow.session, uow.org_id, row.case_id)
    uow.session.refresh(row)
    if row.state == "open":
        row.state, row.reason, row.words = "explained", reason, words
        row.closed_at, row.closed_by = uow.now, uow.actor.user_id
        fact = SlaAnomalyExplained(anomaly_id=row.id, reason=reason)
        uow.emit(row.case_id, fact, source="supervisor")
        uow.touch("order", row.case_id)
    return row.case_id
