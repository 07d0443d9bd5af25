"""Projections of order and assignment streams, and the rows that deliveries are made of."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Location(Base):
    """Where the fault is: WGS-84 point with source and uncertainty, and the words for it.

    A correction is a new row: the old point stays.
    """

    __tablename__ = "location"
    __table_args__ = (
        Index("ix_location_order", "org_id", "order_id"),
        Index("ix_location_at", "org_id", "lat", "lon"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    source: Mapped[str]
    uncertainty_m: Mapped[float | None]
    place: Mapped[str | None]
    place_en: Mapped[str | None]
    recorded_at: Mapped[datetime]
    order_id: Mapped[UUID | None] = mapped_column(
        comment="whose place it is; empty: of an imported order"
    )
    premise_id: Mapped[UUID | None] = mapped_column(comment="what the point was found from")
    node_id: Mapped[UUID | None] = mapped_column(comment="what the point was found from")
    note: Mapped[str | None] = mapped_column(comment="the crew's words; never in an event")
    shape: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="the site as drawn; empty: by uncertainty"
    )


class Order(Base):
    """The current state of a work order; `dispatch.orders.rules.OrderState` without its hops."""

    __tablename__ = "orders"
    __table_args__ = (
        Index("uq_orders_number", "org_id", "system", "number", unique=True),
        Index("ix_orders_open", "org_id", "state", postgresql_where=text("state <> 'closed'")),
        Index("ix_orders_filed_at", "org_id", "filed_at"),
        Index(
            "ix_orders_parent",
            "org_id",
            "parent_id",
            postgresql_where=text("parent_id IS NOT NULL"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    system: Mapped[str] = mapped_column(comment="paidan, or the code of an imported system")
    ticket_id: Mapped[UUID | None]
    location_id: Mapped[UUID | None]
    fault_code: Mapped[str]
    area_class: Mapped[str]
    urgency: Mapped[int]
    trade: Mapped[str]
    state: Mapped[str]
    centre_id: Mapped[UUID | None] = mapped_column(comment="the centre that has it now")
    centre_code: Mapped[str | None] = mapped_column(comment="imported orders: centre as written")
    hop_id: Mapped[UUID | None]
    assignment_id: Mapped[UUID | None] = mapped_column(comment="the last assignment")
    attempts: Mapped[int] = mapped_column(comment="assignments so far")
    filed_at: Mapped[datetime]
    parent_id: Mapped[UUID | None] = mapped_column(comment="the order that this one follows on")
    relation: Mapped[str | None] = mapped_column(comment="how it follows on that one")
    appointment_at: Mapped[datetime | None]
    begins_at: Mapped[datetime | None] = mapped_column(comment="kept for later until then")
    chase_ups: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class OrderTicket(Base):
    """Which tickets share an order."""

    __tablename__ = "order_ticket"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "order_id"], ["orders.org_id", "orders.id"]),
        ForeignKeyConstraint(["org_id", "ticket_id"], ["ticket.org_id", "ticket.id"]),
        Index("ix_order_ticket_ticket", "org_id", "ticket_id"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    ticket_id: Mapped[UUID] = mapped_column(primary_key=True)
    clock: Mapped[bool] = mapped_column(
        default=True,
        server_default=text("true"),
        comment="the ticket's A is the order's; an order that follows on has its own",
    )


class CentreHop(Base):
    """One sending of an order to a centre. B and C belong to it."""

    __tablename__ = "centre_hop"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "order_id"], ["orders.org_id", "orders.id"]),
        Index("uq_centre_hop_attempt", "org_id", "order_id", "attempt", unique=True),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    attempt: Mapped[int]
    centre_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(comment="released, accepted, returned, recalled")
    released_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    during_call: Mapped[bool]


class Assignment(Base):
    """One order to one crew. D to H belong to it."""

    __tablename__ = "assignment"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "order_id"], ["orders.org_id", "orders.id"]),
        Index("ix_assignment_order", "org_id", "order_id"),
        Index("ix_assignment_crew", "org_id", "crew_id"),
        Index(
            "uq_assignment_open",
            "org_id",
            "order_id",
            unique=True,
            postgresql_where=text("state IN ('sent','accepted','active','departed','arrived')"),
        ),
        Index(
            "uq_assignment_active",
            "org_id",
            "crew_id",
            unique=True,
            postgresql_where=text("state IN ('active','departed','arrived')"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    attempt: Mapped[int]
    hop_id: Mapped[UUID | None]
    crew_id: Mapped[UUID | None]
    crew_code: Mapped[str | None] = mapped_column(comment="imported: crew or unit as written")
    vehicle_id: Mapped[UUID | None]
    same_site: Mapped[bool]
    state: Mapped[str]
    sent_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    queued_behind: Mapped[UUID | None]
    activated_at: Mapped[datetime | None]
    departed_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    recall_confirmed_at: Mapped[datetime | None]


class Stamp(Base):
    """Evidence of one point; appended, never changed. `id` derives from the event."""

    __tablename__ = "stamp"
    __table_args__ = (
        Index("ix_stamp_order", "org_id", "order_id"),
        Index("ix_stamp_ticket", "org_id", "ticket_id"),
        Index("ix_stamp_at", "org_id", "point", "at"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID]
    order_id: Mapped[UUID | None]
    ticket_id: Mapped[UUID | None]
    hop_id: Mapped[UUID | None]
    assignment_id: Mapped[UUID | None]
    point: Mapped[str]
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    source: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    uncertainty_s: Mapped[float]
    evidence: Mapped[str | None] = mapped_column(comment="receipt, fix, call or device: its id")
    reason: Mapped[str | None] = mapped_column(comment="of a correction")
    lat: Mapped[float | None] = mapped_column(comment="of a tap: where the phone was, WGS-84")
    lon: Mapped[float | None]
    accuracy_m: Mapped[float | None]


class Receipt(Base):
    """One delivery that a receiving device must confirm; sent again until it does."""

    __tablename__ = "receipt"
    __table_args__ = (
        Index(
            "ix_receipt_pending",
            "org_id",
            "target_unit_id",
            postgresql_where=text("status = 'sent'"),
        ),
        Index("ix_receipt_order", "org_id", "order_id"),
        Index("uq_receipt_subject", "org_id", "subject_id", "purpose", unique=True),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    hop: Mapped[str] = mapped_column(comment="centre or crew")
    subject_id: Mapped[UUID] = mapped_column(comment="the centre hop or the assignment")
    purpose: Mapped[str] = mapped_column(comment="order or recall")
    target_unit_id: Mapped[UUID]
    status: Mapped[str] = mapped_column(comment="sent, received, void")
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime]
    sent_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
    device: Mapped[str | None]
    received_by: Mapped[UUID | None]
