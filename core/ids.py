"""Identifiers: UUID version 7, so that rows written together lie together."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A new time-ordered identifier (RFC 9562, version 7)."""
    return UUID(int=uuid7().int)
