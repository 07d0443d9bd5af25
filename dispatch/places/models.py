"""Tables of places: what crews propose to correct in the directory."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base

PROPOSAL_STATES = ("open", "accepted", "refused", "superseded")
SUBJECTS = ("premise", "node")


class PlaceProposal(Base):
    """A crew stood elsewhere than the directory says. Folded from `place.*` events."""

    __tablename__ = "place_proposal"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "order_id"], ["orders.org_id", "orders.id"]),
        ForeignKeyConstraint(["org_id", "location_id"], ["location.org_id", "location.id"]),
        CheckConstraint("subject IN ('" + "','".join(SUBJECTS) + "')", name="subject"),
        CheckConstraint("state IN ('" + "','".join(PROPOSAL_STATES) + "')", name="state"),
        Index(
            "uq_place_proposal_open",
            "org_id",
            "subject_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_place_proposal_state", "org_id", "state", "made_at"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(comment="premise or node")
    subject_id: Mapped[UUID]
    order_id: Mapped[UUID]
    location_id: Mapped[UUID] = mapped_column(comment="the crew's point, and its note")
    old_lat: Mapped[float | None]
    old_lon: Mapped[float | None]
    lat: Mapped[float]
    lon: Mapped[float]
    uncertainty_m: Mapped[float]
    distance_m: Mapped[float | None] = mapped_column(comment="None: the directory had no point")
    state: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    reason: Mapped[str | None] = mapped_column(comment="why refused: a code")
