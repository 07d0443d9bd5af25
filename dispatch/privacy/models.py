"""Tables of privacy: notes on customers, and who looked at personal data in clear, and why.

Words live here and can be corrected or erased; the events about them carry ids and codes.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from core.models import User
from dispatch.directory.models import Customer


class CustomerNote(Base):
    """What somebody wrote down about a customer. A hidden note keeps its words for erasure only."""

    __tablename__ = "customer_note"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "customer_id"], [Customer.org_id, Customer.id]),
        ForeignKeyConstraint(["org_id", "author_id"], [User.org_id, User.id]),
        Index("ix_customer_note_customer", "org_id", "customer_id", "noted_at"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    author_id: Mapped[UUID]
    noted_at: Mapped[datetime]
    words: Mapped[str]
    pinned: Mapped[bool]
    hidden_at: Mapped[datetime | None]
    hidden_by: Mapped[UUID | None]
    hidden_why: Mapped[str | None]


class Unmasking(Base):
    """Somebody saw one masked value in clear. `words`: why, beside the code of the reason."""

    __tablename__ = "unmasking"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "user_id"], [User.org_id, User.id]),
        Index("ix_unmasking_at", "org_id", "at"),
        Index("ix_unmasking_user", "org_id", "user_id", "at"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    user_id: Mapped[UUID]
    entity: Mapped[str]
    entity_id: Mapped[UUID]
    field: Mapped[str]
    reason: Mapped[str]
    words: Mapped[str | None] = mapped_column(comment="why, in the words of who looked")
