"""Facts about the review of one breach; the words and files are kept beside the log."""

from dataclasses import dataclass
from uuid import UUID

from core.facts import Payload, fact


@fact("review.opened")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOpened(Payload):
    """A limit passed, so somebody looks at it. `occurred_at` is the deadline.

    Of an order or of a ticket: the other one's id is empty.
    """

    order_id: UUID | None = None
    ticket_id: UUID | None = None
    code: str
    subject_id: UUID
    limit_s: float
    party: str
    unit: str | None = None
    cause: str | None = None


@fact("review.attributed")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewAttributed(Payload):
    """Later stamps say that somebody else, or something else, took the time."""

    party: str
    unit: str | None = None
    cause: str | None = None


@fact("review.withdrawn")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewWithdrawn(Payload):
    """The breach turned out not to have happened; that it was opened stays in the log."""


@fact("review.appealed")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewAppealed(Payload):
    """The unit to which it is attributed says why it should not be."""

    reason: str


@fact("review.attached")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewAttached(Payload):
    """A file was attached; its name is kept beside the log."""

    attachment_id: UUID
    content_type: str
    size: int


@fact("review.ruled")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRuled(Payload):
    """A supervisor decided: upheld, waived (so many seconds), or somebody else's."""

    ruling: str
    waived_s: float = 0.0
    party: str | None = None
    unit: str | None = None
