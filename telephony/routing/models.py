"""Agents, what they are offered, the calls they are in, and customers to be called back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base

_USER = (["org_id", "user_id"], ["app_user.org_id", "app_user.id"])
_CALL = (["org_id", "call_id"], ["call.org_id", "call.id"])
OFFER_OPEN = text("ended_at IS NULL")


class Agent(Base):
    """Who answers calls, and the present state: a projection of the stream `agent`."""

    __tablename__ = "agent"
    __table_args__ = (
        ForeignKeyConstraint(*_USER),
        CheckConstraint(
            "state IN ('offline','available','reserved','on_call','wrap_up','break')", name="state"
        ),
        Index("ix_agent_state", "org_id", "state"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str]
    reason: Mapped[str | None]
    since: Mapped[datetime]
    idle_since: Mapped[datetime] = mapped_column(comment="Longest idle is served first.")
    until: Mapped[datetime | None] = mapped_column(comment="When after-call work ends.")
    call_id: Mapped[UUID | None] = mapped_column(comment="Reserved for, in, or worked on after.")
    next_state: Mapped[str | None] = mapped_column(comment="Asked for, once the call is over.")
    next_reason: Mapped[str | None]
    extended_s: Mapped[float] = mapped_column(server_default="0", comment="Of after-call work.")
    callers_since: Mapped[int | None] = mapped_column(
        SmallInteger, comment="Callers taken since a call-back, until they are enough for another."
    )
    endpoint: Mapped[str | None] = mapped_column(comment="What rings: E.164, sip: or client:.")
    languages: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))


class AgentSkill(Base):
    """What an agent can do, from 1 (learning) to 5 (expert)."""

    __tablename__ = "agent_skill"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "user_id"], ["agent.org_id", "agent.user_id"]),
        CheckConstraint("level BETWEEN 1 AND 5", name="level"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    skill: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[int] = mapped_column(SmallInteger)


class AgentSpan(Base):
    """A stretch of time that an agent was in one state: occupancy is counted from these."""

    __tablename__ = "agent_span"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "user_id"], ["agent.org_id", "agent.user_id"]),
        Index("ix_agent_span_began", "org_id", "began_at"),
        Index(
            "uq_agent_span_open",
            "org_id",
            "user_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    state: Mapped[str]
    reason: Mapped[str | None]
    call_id: Mapped[UUID | None]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Offer(Base):
    """An agent reserved for somebody: open until it is answered, or not. One at a time of each."""

    __tablename__ = "offer"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "user_id"], ["agent.org_id", "agent.user_id"]),
        ForeignKeyConstraint(*_CALL),
        CheckConstraint("kind IN ('caller','callback','transfer','consult','resume')", name="kind"),
        CheckConstraint(
            "outcome IN ('accepted','declined','no_answer','failed','left','withdrawn')",
            name="outcome",
        ),
        Index("uq_offer_agent", "org_id", "user_id", unique=True, postgresql_where=OFFER_OPEN),
        Index("uq_offer_call", "org_id", "call_id", unique=True, postgresql_where=OFFER_OPEN),
        Index("ix_offer_leg", "org_id", "leg_id"),
        Index("ix_offer_offered", "org_id", "offered_at"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    user_id: Mapped[UUID]
    call_id: Mapped[UUID]
    queue: Mapped[str | None] = mapped_column(comment="Whose needs the agent met.")
    callback_id: Mapped[UUID | None]
    leg_id: Mapped[UUID] = mapped_column(comment="The agent's phone.")
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]


class AgentCall(Base):
    """An agent's part in a call. At most one is active; others may be parked."""

    __tablename__ = "agent_call"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "user_id"], ["agent.org_id", "agent.user_id"]),
        ForeignKeyConstraint(*_CALL),
        CheckConstraint("state IN ('active','parked','ended')", name="state"),
        CheckConstraint("part IN ('main','consulted')", name="part"),
        Index(
            "uq_agent_call_active",
            "org_id",
            "user_id",
            unique=True,
            postgresql_where=text("state = 'active'"),
        ),
        Index("ix_agent_call_call", "org_id", "call_id"),
        Index("ix_agent_call_user", "org_id", "user_id", "began_at"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    call_id: Mapped[UUID]
    leg_id: Mapped[UUID] = mapped_column(comment="The agent's phone; another after a parking.")
    part: Mapped[str]
    queue: Mapped[str | None]
    state: Mapped[str]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    left_by: Mapped[str | None] = mapped_column(
        comment="over, hung_up, dropped (before anybody spoke), passed_on or released."
    )
    disposition: Mapped[str | None]


class Callback(Base):
    """A customer to be called back, in the place of the queue that the customer had."""

    __tablename__ = "callback"
    __table_args__ = (
        ForeignKeyConstraint(["org_id"], ["organisation.id"]),
        ForeignKeyConstraint(["org_id", "worked_by"], ["app_user.org_id", "app_user.id"]),
        CheckConstraint("reason IN ('asked','abandoned','missed')", name="reason"),
        CheckConstraint(
            "worked_by IS NULL OR (state = 'failed' AND worked_at IS NOT NULL)", name="worked"
        ),
        CheckConstraint(
            "state IN ('waiting','dialling','talking','done','failed','cancelled','given_up')",
            name="state",
        ),
        Index(
            "uq_callback_open",
            "org_id",
            "number",
            unique=True,
            postgresql_where=text("state IN ('waiting','dialling','talking')"),
        ),
        Index("ix_callback_state", "org_id", "state", "next_at"),
        Index("ix_callback_asked", "org_id", "asked_at"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(comment="E.164. Once open for each number.")
    hotline: Mapped[str] = mapped_column(comment="Our number that the customer had dialled.")
    reason: Mapped[str]
    queue: Mapped[str]
    since: Mapped[datetime] = mapped_column(comment="The place in the queue that is kept.")
    priority: Mapped[int] = mapped_column(SmallInteger)
    language: Mapped[str | None]
    from_call_id: Mapped[UUID | None] = mapped_column(comment="The call that it came from.")
    asked_at: Mapped[datetime]
    state: Mapped[str]
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    next_at: Mapped[datetime | None]
    call_id: Mapped[UUID | None] = mapped_column(comment="The call of the present or last try.")
    leg_id: Mapped[UUID | None] = mapped_column(comment="The customer's phone in it.")
    ended_at: Mapped[datetime | None]
    worked_by: Mapped[UUID | None] = mapped_column(
        comment="Who sees to one that has failed; for a bounded time."
    )
    worked_at: Mapped[datetime | None]
