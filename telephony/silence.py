"""While the carrier does not answer: what it left without an answer, and since when."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from core.uow import UnitOfWork
from telephony import dialling_repository as repository
from telephony.command_models import CarrierCommand
from telephony.gateway import CarrierFailed, Unreached, Unsure

ENTITY, CARRIER = "carrier", UUID(int=0)
"""The one row of live screens that tells of it."""


class Silence(NamedTuple):
    """Since when nothing is answered, and how many commands were tried and wait for an answer."""

    since: datetime
    waiting: int


def is_silent(failure: CarrierFailed) -> bool:
    """Whether the carrier has not answered; a refusal, or "too much at once", is an answer."""
    return isinstance(failure, Unreached | Unsure)


def began(uow: UnitOfWork, row: CarrierCommand) -> None:
    """A command, whose row is locked, was not answered."""
    if row.unanswered_since is None:
        before = of(uow.session, uow.org_id)
        row.unanswered_since = before.since if before else uow.now
        uow.touch(ENTITY, CARRIER)


def answered(uow: UnitOfWork) -> None:
    """The carrier answers: what it left without an answer is tried again, but it is silent no
    more. A row that somebody else holds is just being written.
    """
    for row in repository.unanswered(uow.session, uow.org_id):
        ended(uow, row)


def ended(uow: UnitOfWork, row: CarrierCommand) -> None:
    """A command, whose row is locked, waits for no answer any more."""
    if row.unanswered_since is not None:
        row.unanswered_since = None
        uow.touch(ENTITY, CARRIER)


def of(session: Session, org_id: int) -> Silence | None:
    """How it is now; None: nothing waits for an answer."""
    since, waiting = repository.unanswered_now(session, org_id)
    return Silence(since, waiting) if since else None
