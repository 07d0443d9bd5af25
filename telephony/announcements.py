"""Emergency announcements: words that every caller hears first, on and off at once."""

from uuid import UUID

from core import events as ev
from core.errors import NotFound
from core.ids import new_id
from core.uow import UnitOfWork
from telephony import caller_repository as repository
from telephony.models import EmergencyAnnouncement


def begin(uow: UnitOfWork, zh: str, en: str) -> EmergencyAnnouncement:
    """Turn these words on; others that were on end now. The actor is a person."""
    assert uow.actor.user_id is not None
    before = repository.emergency_row(uow.session, uow.org_id)
    if before is not None:
        if (before.zh, before.en) == (zh, en):
            return before
        _end(uow, before)
    row = EmergencyAnnouncement(
        org_id=uow.org_id,
        id=new_id(),
        zh=zh,
        en=en,
        began_at=uow.now,
        began_by=uow.actor.user_id,
    )
    uow.session.add(row)
    uow.session.flush()
    uow.emit(row.id, ev.AnnouncementBegan(), source="supervisor")
    uow.touch("announcement", row.id)
    return row


def end(uow: UnitOfWork, announcement_id: UUID) -> EmergencyAnnouncement:
    """Turn one off; one that is off already stays so. Raises NotFound."""
    row = uow.session.get(EmergencyAnnouncement, (uow.org_id, announcement_id))
    if row is None:
        raise NotFound(what="announcement", id=announcement_id)
    if row.ended_at is None:
        _end(uow, row)
    return row


def _end(uow: UnitOfWork, row: EmergencyAnnouncement) -> None:
    row.ended_at, row.ended_by = uow.now, uow.actor.user_id
    uow.session.flush()
    uow.emit(row.id, ev.AnnouncementEnded(), source="supervisor")
    uow.touch("announcement", row.id)
