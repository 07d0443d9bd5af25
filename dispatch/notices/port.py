"""Where a notice can go: the port, and what every channel keeps to.

A channel returns when the other side has taken the message, and raises `NotSent` within its
timeout otherwise. Nothing it raises or logs holds an address, a key or a phone number.
"""

from dataclasses import dataclass
from typing import Protocol

from sla.policy import Name

MAX_TRIES = 4
"""Tries of one notice; between them the outbox waits 2, 4 and 8 seconds."""
SOUND = "sound"
IN_HOUSE = frozenset({"screen", SOUND})
"""Channels that are this house's own screens."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is said, in both languages. `phone`: E.164, of whom voice and SMS are for."""

    code: str
    title: Name
    text: Name
    phone: str | None = None


class NotSent(Exception):
    """It cannot be said that it was sent. `reason` is a code; `again`: another try may help."""

    def __init__(self, reason: str, *, again: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again


class Unavailable(Exception):
    """Nothing is set up for the channel: said once, not tried again."""


class TryAgain(Exception):
    """The outbox hands the job out again, later. The message is a code."""


def outcome(failure: Exception | None) -> tuple[str, str | None]:
    """How an attempt ended, and why: sent, failed or unavailable."""
    if failure is None:
        return "sent", None
    if isinstance(failure, NotSent):
        return "failed", failure.reason
    return "unavailable", "not_set_up"


class Channel(Protocol):
    """One way out of the house, with so many addresses."""

    addresses: int

    def send(self, message: Message, address: int) -> None:
        """Send to the address at this place. Raises NotSent, Unavailable."""
        ...
