"""The index of the directory: made from its tables, at any time made again from them."""

from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, Uuid, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base

ENTRY_KINDS = ("customer", "premise")
THING_KINDS = (
    "region",
    "substation",
    "feeder",
    "section",
    "transformer",
    "pole",
    "cabinet",
    "unit",
)
IN_SAMPLE = "tokens @@ '~'::tsquery"
"""The condition of an index and of the questions that it serves: word for word the same."""
_MADE = text("((pg_current_xact_id())::text)::bigint")


def _of(kinds: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint("kind IN ('" + "','".join(kinds) + "')", name="kind")


class SearchEntry(Base):
    """One customer, or a premise that is not just one customer's.

    Partitioned by organisation: a large one is built anew beside the old one and then takes its
    place. `words`, `tokens`: see `dispatch.directory.search.forms`.
    """

    __tablename__ = "search_entry"
    __table_args__ = (
        _of(ENTRY_KINDS),
        Index(
            "ix_search_entry_tokens",
            "tokens",
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
        Index(
            "ix_search_entry_sample",
            "tokens",
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
            postgresql_where=text(IN_SAMPLE),
        ),
        {"postgresql_partition_by": "LIST (org_id)"},
    )

    org_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    importance: Mapped[str]
    number: Mapped[str] = mapped_column(comment="account number or premise code: order of hits")
    region_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    words: Mapped[str]
    tokens: Mapped[str] = mapped_column(TSVECTOR)
    made: Mapped[int] = mapped_column(server_default=_MADE, comment="transaction that wrote it")


class SearchThing(Base):
    """A region, a device of the network or a unit; partitioned in the same way."""

    __tablename__ = "search_thing"
    __table_args__ = (
        _of(THING_KINDS),
        Index(
            "ix_search_thing_tokens",
            "tokens",
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
        {"postgresql_partition_by": "LIST (org_id)"},
    )

    org_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    number: Mapped[str] = mapped_column(comment="its code: order of hits")
    words: Mapped[str]
    tokens: Mapped[str] = mapped_column(TSVECTOR)
    made: Mapped[int] = mapped_column(server_default=_MADE, comment="transaction that wrote it")


class SearchPlace(Base):
    """A name of a road, estate or village that occurs in addresses, by how it is read."""

    __tablename__ = "search_place"
    __table_args__ = (
        Index(
            "ix_search_place_pinyin",
            "org_id",
            "pinyin",
            postgresql_ops={"pinyin": "text_pattern_ops"},
        ),
        Index(
            "ix_search_place_initials",
            "org_id",
            "initials",
            postgresql_ops={"initials": "text_pattern_ops"},
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    pinyin: Mapped[str] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(primary_key=True)
    initials: Mapped[str]
