"""Use case: look at one masked value, once, with a reason that is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core import events as ev
from core.errors import InvalidField, NotFound, Problem
from core.identity import EVERYTHING, Access
from core.ids import new_id
from core.rights import Scope
from core.settings import settings
from core.uow import UnitOfWork
from dispatch.privacy import repository
from dispatch.privacy.models import Unmasking
from dispatch.privacy.repository import Value
from dispatch.privacy.words import FIELDS, NEEDS_WORDS

SHOWN_S = 60
"""Seconds for which a screen shows the value, and the server gives it again."""
_WINDOW = timedelta(hours=1)


class TooManyUnmaskings(Problem):
    """A person looked at more values in an hour than `PAIDAN_UNMASK_PER_HOUR`."""

    status = 429
    code = "too_many_unmaskings"
    zh = "您一小时内已查看 {count} 项隐藏信息，请在 {minutes} 分钟后再试。"
    en = "You looked at {count} masked values within an hour; try again in {minutes} minutes."


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody wants to see, and why. `entity` and `field`: of `words.FIELDS`."""

    entity: str
    entity_id: UUID
    field: str
    reason: str
    words: str | None


def unmask(uow: UnitOfWork, look: Look, access: Access) -> UUID:
    """Record that the actor looks at a value. Gives the id under which it is logged.

    Raises NotFound, InvalidField, or TooManyUnmaskings.
    """
    user_id = uow.actor.user_id
    assert user_id is not None, "only people look"
    if look.field not in FIELDS[look.entity]:
        listed = ", ".join(FIELDS[look.entity])
        raise InvalidField("body.field", f"must be one of {listed}", f"应为以下之一：{listed}")
    if look.reason == NEEDS_WORDS and not look.words:
        raise InvalidField("body.reason_text", "say which reason", "请说明原因")
    _read(uow.session, uow.org_id, look.entity, look.entity_id, look.field, access)
    repository.lock_user(uow.session, uow.org_id, user_id)
    count, first = repository.unmaskings_since(uow.session, uow.org_id, user_id, uow.now - _WINDOW)

    if first is not None and count >= settings().unmask_per_hour:
        minutes = -((first + _WINDOW - uow.now) // -timedelta(minutes=1))
        raise TooManyUnmaskings(count=count, minutes=max(minutes, 1))

    id_ = new_id()
    uow.session.add(
        Unmasking(
            org_id=uow.org_id,
            id=id_,
            at=uow.now,
            user_id=user_id,
            entity=look.entity,
            entity_id=look.entity_id,
            field=look.field,
            reason=look.reason,
            words=look.words,
        )
    )
    seen = ev.PrivacyUnmasked(
        entity=look.entity, entity_id=look.entity_id, field=look.field, reason=look.reason
    )
    uow.emit(id_, seen, source="screen")
    return id_


def value_of(
    session: Session, org_id: int, unmasking_id: UUID, access: Access, now: datetime
) -> tuple[Value, datetime]:
    """The value that an unmasking is about, while it may be shown, and until when.

    It is read anew, so that no answer that is kept for repetitions holds it.
    """
    one = session.get(Unmasking, (org_id, unmasking_id))
    until = one.at + timedelta(seconds=SHOWN_S) if one else now
    if one is None or until <= now:
        raise NotFound(what="record", id=unmasking_id)
    return _read(session, org_id, one.entity, one.entity_id, one.field, access), until


def _read(
    session: Session, org_id: int, entity: str, id_: UUID, field: str, access: Access
) -> Value:
    own = EVERYTHING if access.scope is Scope.ALL else access
    return repository.clear_value(session, org_id, entity, id_, field, own)
