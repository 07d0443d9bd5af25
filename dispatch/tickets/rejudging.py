"""A calendar has a new version: what runs is judged anew, some cases in one transaction.

How far it has come is kept with the calendar's version, so that a process that dies loses nothing,
and administrators see it.
"""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import events as ev
from core.recorded import Recorded
from core.uow import UnitOfWork
from dispatch.orders.work import work_on
from dispatch.tickets import repository
from dispatch.tickets.work import work_on_ticket
from sla import service as sla
from sla.models import SlaCalendar, SlaCase

REJUDGE = "tickets.calendar_changed"
AT_ONCE = 20
"""Cases in one transaction: whoever works on one of them waits for as many."""


def calendar_changed(uow: UnitOfWork, event: Recorded) -> None:
    """Subscriber of `calendar.version_added`: judges some cases, asks to go on. May run twice."""
    assert isinstance(event.payload, ev.CalendarVersionAdded)
    code = event.payload.code
    row = _locked(uow.session, uow.org_id, code, event.payload.version)
    if row.judged_at is not None:
        return
    running = repository.open_under(uow.org_id, sla.versions_on(uow.session, uow.org_id, code))
    if row.cases is None:
        row.cases = uow.session.execute(
            select(func.count()).select_from(running.subquery())
        ).scalar_one()
    if row.reached is not None:
        running = running.where(SlaCase.id > row.reached)
    some = uow.session.execute(running.order_by(SlaCase.id).limit(AT_ONCE)).all()

    for id_, subject in some:
        _judge(uow, id_, subject)
        row.judged, row.reached = row.judged + 1, id_

    if len(some) < AT_ONCE:
        row.judged_at = uow.now
    else:
        uow.effect("subscriber", name=REJUDGE, body={"event_id": str(event.id)})


def _judge(uow: UnitOfWork, id_: UUID, subject: str) -> None:
    if subject == "ticket":
        with work_on_ticket(uow, id_):
            pass
    else:
        with work_on(uow, id_):
            pass


def _locked(session: Session, org_id: int, code: str, version: int) -> SlaCalendar:
    query = select(SlaCalendar).where(
        SlaCalendar.org_id == org_id, SlaCalendar.code == code, SlaCalendar.version == version
    )
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).one()
