"""All queries of messages, and of who wants none."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.ids import new_id
from core.models import Organisation
from telephony import settling
from telephony.command_models import CarrierCommand
from telephony.delivery import MessageState
from telephony.message_models import Message, NumberLanguage, Suppression

PURPOSE = "message"
"""Of the commands that send messages; their subject is the message."""


def add_once(session: Session, values: Mapping[str, Any]) -> bool:
    """Write a message; False where its key, or its number in its campaign, is there already."""
    made = insert(Message).values(**values).on_conflict_do_nothing().returning(Message.id)
    return session.scalar(made) is not None


def locked(session: Session, org_id: int, message_id: UUID) -> Message | None:
    query = select(Message).where(Message.org_id == org_id, Message.id == message_id)
    return session.scalars(query.with_for_update()).one_or_none()


def organisation_of(session: Session, message_id: UUID) -> int | None:
    """Whose message it is."""
    return session.scalars(select(Message.org_id).where(Message.id == message_id)).first()


def ids_about(session: Session, org_id: int, about: Collection[UUID]) -> list[UUID]:
    """Messages about any of these, whatever they are."""
    query = select(Message.id).where(Message.org_id == org_id, Message.about_id.in_(about))
    return list(session.scalars(query))


def states_about(
    session: Session, org_id: int, about: Collection[UUID]
) -> Sequence[Row[UUID, str, str | None]]:
    """What each message about these is about, how far it came, and why."""
    query = select(Message.about_id, Message.state, Message.code).where(
        Message.org_id == org_id, Message.about == "notice", Message.about_id.in_(about)
    )
    return session.execute(query).all() if about else []


def state_of(row: Message) -> MessageState:
    """The state that a row holds; equals the fold of the message's stream."""
    return MessageState(
        row.id,
        row.template,
        row.about,
        row.about_id,
        row.state,
        row.code,
        row.sent_at,
        row.ended_at,
    )


def write_state(row: Message, state: MessageState) -> None:
    """Make the row hold `state`."""
    row.state, row.code = state.state, state.code
    row.sent_at, row.ended_at = state.sent_at, state.ended_at


def command(session: Session, org_id: int, command_id: UUID) -> CarrierCommand | None:
    return session.get(CarrierCommand, (org_id, command_id))


def waiting_commands(
    session: Session, org_id: int, purpose: str, subjects: Collection[UUID]
) -> Sequence[CarrierCommand]:
    """The commands about these that nobody has tried yet, locked; not those just being taken."""
    query = select(CarrierCommand).where(
        CarrierCommand.org_id == org_id,
        CarrierCommand.purpose == purpose,
        CarrierCommand.subject_id.in_(subjects),
        CarrierCommand.state == "waiting",
    )
    return session.scalars(query.with_for_update(skip_locked=True)).all()


def hold(session: Session, org_id: int, campaign_id: UUID, *, on: bool) -> int:
    """Mark the open commands of a campaign as held or not; returns how many changed."""
    mine = select(Message.id).where(
        Message.org_id == org_id, Message.campaign_id == campaign_id, Message.state == "queued"
    )
    changed = session.execute(
        update(CarrierCommand)
        .where(
            CarrierCommand.org_id == org_id,
            CarrierCommand.purpose == PURPOSE,
            CarrierCommand.subject_id.in_(mine),
            CarrierCommand.state.in_(settling.OPEN),
            CarrierCommand.held != on,
        )
        .values(held=on)
        .execution_options(synchronize_session=False)
    )
    return int(getattr(changed, "rowcount", 0))


def waiting_to(
    session: Session, org_id: int, number: str, categories: Collection[str]
) -> list[UUID]:
    """Messages of these categories to a number that have not come further than the queue."""
    query = select(Message.id).where(
        Message.org_id == org_id,
        Message.to_number == number,
        Message.state == "queued",
        Message.category.in_(categories),
    )
    return list(session.scalars(query))


def is_demo(session: Session, org_id: int) -> bool:
    return bool(session.scalar(select(Organisation.demo).where(Organisation.id == org_id)))


def stopped(session: Session, org_id: int, numbers: Collection[str]) -> dict[str, frozenset[str]]:
    """Number → scopes that it has stopped, for those that have any."""
    query = (
        select(Suppression.number, func.array_agg(Suppression.scope))
        .where(
            Suppression.org_id == org_id,
            Suppression.number.in_(numbers),
            Suppression.ended_at.is_(None),
        )
        .group_by(Suppression.number)
    )
    return {number: frozenset(scopes) for number, scopes in session.execute(query)}


def stops_of(session: Session, org_id: int, number: str) -> Sequence[Suppression]:
    """Those of one number that go now."""
    query = select(Suppression).where(
        Suppression.org_id == org_id, Suppression.number == number, Suppression.ended_at.is_(None)
    )
    return session.scalars(query.order_by(Suppression.scope)).all()


def suppressions(session: Session, org_id: int, limit: int) -> Sequence[Suppression]:
    """Those that go now, the newest first."""
    query = select(Suppression).where(Suppression.org_id == org_id, Suppression.ended_at.is_(None))
    return session.scalars(query.order_by(Suppression.since.desc()).limit(limit)).all()


def suppress(session: Session, values: Mapping[str, Any]) -> UUID | None:
    """Begin a suppression; None where it goes already."""
    made = (
        insert(Suppression)
        .values(id=new_id(), **values)
        .on_conflict_do_nothing()
        .returning(Suppression.id)
    )
    return session.scalar(made)


def open_suppressions(session: Session, org_id: int, number: str) -> Sequence[Suppression]:
    """Those of one number that go now, locked."""
    query = select(Suppression).where(
        Suppression.org_id == org_id, Suppression.number == number, Suppression.ended_at.is_(None)
    )
    return session.scalars(query.with_for_update()).all()


def suppression(session: Session, org_id: int, suppression_id: UUID) -> Suppression | None:
    """One, locked."""
    query = select(Suppression).where(
        Suppression.org_id == org_id, Suppression.id == suppression_id
    )
    return session.scalars(query.with_for_update()).one_or_none()


def languages(session: Session, org_id: int, numbers: Collection[str]) -> dict[str, str]:
    """Number → language that it wants, where it is known."""
    query = select(NumberLanguage.number, NumberLanguage.language).where(
        NumberLanguage.org_id == org_id, NumberLanguage.number.in_(numbers)
    )
    rows: Sequence[tuple[str, str]] = session.execute(query).all()
    return dict(rows)


def set_language(session: Session, org_id: int, number: str, language: str, now: datetime) -> None:
    values = {"language": language, "since": now}
    made = insert(NumberLanguage).values(org_id=org_id, number=number, **values)
    session.execute(made.on_conflict_do_update(index_elements=["org_id", "number"], set_=values))
