"""Tickets: what a customer asked for. Names, phones and words live here, never in events."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from dispatch.directory.models import Customer
from dispatch.tickets.rules import RELATIONS, STATES

KINDS = (
    "fault_repair",
    "enquiry",
    "complaint",
    "report",
    "opinion",
    "suggestion",
    "service_request",
    "praise",
)
CHANNELS = ("phone", "web", "sms", "api", "12345", "12398")
_TICKET = (["org_id", "ticket_id"], ["ticket.org_id", "ticket.id"])


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ('" + "','".join(values) + "')", name=column)


class Ticket(Base):
    """One request. `clock_started_at` is point A; it is unknown while the caller talks."""

    __tablename__ = "ticket"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "customer_id"], [Customer.org_id, Customer.id]),
        CheckConstraint("kind IN ('" + "','".join(KINDS) + "')", name="kind"),
        CheckConstraint("channel IN ('" + "','".join(CHANNELS) + "')", name="channel"),
        _one_of("state", STATES),
        Index("uq_ticket_number", "org_id", "number", unique=True),
        Index("ix_ticket_call", "org_id", "call_id"),
        Index("ix_ticket_customer", "org_id", "customer_id", "filed_at"),
        Index("ix_ticket_filed_at", "org_id", "filed_at"),
        Index("ix_ticket_open", "org_id", "state", postgresql_where=text("state <> 'closed'")),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str | None]
    kind: Mapped[str]
    channel: Mapped[str]
    state: Mapped[str] = mapped_column(default="open", server_default="open")
    call_id: Mapped[UUID | None]
    filed_at: Mapped[datetime]
    filed_by: Mapped[UUID | None] = mapped_column(comment="the agent; empty for other channels")
    due_at: Mapped[datetime | None] = mapped_column(comment="when an answer is due")
    clock_started_at: Mapped[datetime | None]
    caller_name: Mapped[str | None]
    caller_phone: Mapped[str | None]
    description: Mapped[str | None]
    customer_id: Mapped[UUID | None] = mapped_column(comment="Whose account it is about.")
    unit_id: Mapped[UUID | None] = mapped_column(comment="who has it since the last transfer")
    order_id: Mapped[UUID | None] = mapped_column(comment="the order it shares now")
    left_order_id: Mapped[UUID | None] = mapped_column(comment="the order that a merge left")
    left_closed: Mapped[bool] = mapped_column(
        default=False, server_default=text("false"), comment="the merge closed that order"
    )
    state_before: Mapped[str | None] = mapped_column(comment="what a merge found")
    guide_code: Mapped[str | None]
    guide_version: Mapped[int | None]
    guided_urgency: Mapped[int | None]
    guided_trade: Mapped[str | None]
    customer_side: Mapped[str | None] = mapped_column(comment="cause behind the meter, a code")
    answered_at: Mapped[datetime | None]
    reopened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_how: Mapped[str | None]


class TicketAnswer(Base):
    """One answer to a guided question, in the order asked."""

    __tablename__ = "ticket_answer"
    __table_args__ = (ForeignKeyConstraint(*_TICKET),)

    org_id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    question: Mapped[str]
    answer: Mapped[str]


class TicketRelation(Base):
    """What one ticket has to do with another; kept on the side that said so."""

    __tablename__ = "ticket_relation"
    __table_args__ = (
        ForeignKeyConstraint(*_TICKET),
        ForeignKeyConstraint(
            ["org_id", "other_id"],
            ["ticket.org_id", "ticket.id"],
            name="fk_ticket_relation_other_id_ticket",
        ),
        _one_of("relation", RELATIONS),
        Index("ix_ticket_relation_other", "org_id", "other_id"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[UUID] = mapped_column(primary_key=True)
    other_id: Mapped[UUID] = mapped_column(primary_key=True)
    relation: Mapped[str]


class TicketNote(Base):
    """The words of an act: an answer, a reason. `id` is that of the act's event."""

    __tablename__ = "ticket_note"
    __table_args__ = (
        ForeignKeyConstraint(*_TICKET),
        Index("ix_ticket_note_ticket", "org_id", "ticket_id"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    ticket_id: Mapped[UUID]
    words: Mapped[str]


class AttachmentContent(Base):
    """The bytes of a file, once however often it is attached."""

    __tablename__ = "attachment_content"

    org_id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True, comment="SHA-256, hex")
    content: Mapped[bytes]


class TicketAttachment(Base):
    """A file of a ticket. Hidden ones are kept, and shown to nobody."""

    __tablename__ = "ticket_attachment"
    __table_args__ = (
        ForeignKeyConstraint(*_TICKET),
        ForeignKeyConstraint(
            ["org_id", "digest"], ["attachment_content.org_id", "attachment_content.digest"]
        ),
        Index("ix_ticket_attachment_ticket", "org_id", "ticket_id"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    ticket_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(comment="as the file was called; may tell of a person")
    content_type: Mapped[str] = mapped_column(comment="found in the content, not as claimed")
    size: Mapped[int] = mapped_column(comment="bytes")
    digest: Mapped[str]
    attached_at: Mapped[datetime]
    attached_by: Mapped[UUID | None]
    hidden_at: Mapped[datetime | None]


class Submission(Base):
    """What a form, a short message or a partner handed in: once, however often it is sent."""

    __tablename__ = "ticket_submission"
    __table_args__ = (
        ForeignKeyConstraint(*_TICKET),
        Index("ix_ticket_submission_origin", "org_id", "origin", "at"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True, comment="the sender's own id of it")
    ticket_id: Mapped[UUID]
    origin: Mapped[str] = mapped_column(comment="keyed digest of the address or number")
    at: Mapped[datetime] = mapped_column(comment="real time; for the limit per hour")


class ChaseUp(Base):
    """催办: a customer asked again about an order, in a call or by a ticket."""

    __tablename__ = "chase_up"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "order_id"], ["orders.org_id", "orders.id"]),
        Index("ix_chase_up_order", "org_id", "order_id"),
        Index(
            "uq_chase_up_call",
            "org_id",
            "order_id",
            "call_id",
            unique=True,
            postgresql_where=text("call_id IS NOT NULL"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    call_id: Mapped[UUID | None]
    ticket_id: Mapped[UUID | None]
    at: Mapped[datetime]
    by: Mapped[UUID | None]
    words: Mapped[str | None]


class FollowUp(Base):
    """回访: one customer to be called back. The fold of its stream."""

    __tablename__ = "follow_up"
    __table_args__ = (
        ForeignKeyConstraint(*_TICKET),
        _one_of("state", ("open", "claimed", "done", "dropped")),
        Index(
            "uq_follow_up_live",
            "org_id",
            "ticket_id",
            unique=True,
            postgresql_where=text("state IN ('open','claimed')"),
        ),
        Index(
            "ix_follow_up_due",
            "org_id",
            "due_at",
            postgresql_where=text("state IN ('open','claimed')"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    ticket_id: Mapped[UUID]
    order_id: Mapped[UUID | None]
    state: Mapped[str]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    next_at: Mapped[datetime | None] = mapped_column(comment="the next try, not before")
    tries: Mapped[int]
    claimed_by: Mapped[UUID | None]
    claimed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    satisfaction: Mapped[str | None]
    complaint_id: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]


class FollowUpTry(Base):
    """One call of a follow-up, with what was said."""

    __tablename__ = "follow_up_try"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "follow_up_id"], ["follow_up.org_id", "follow_up.id"]),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    follow_up_id: Mapped[UUID] = mapped_column(primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[UUID | None]
    outcome: Mapped[str]
    satisfaction: Mapped[str | None]
    words: Mapped[str | None]
