"""Captured messages that we read otherwise than the peer does, and by which clause."""

DIFFERENCES: dict[str, str] = {}
"""Id of the message → the clause of the standard, or why the peer's result cannot be meant."""
