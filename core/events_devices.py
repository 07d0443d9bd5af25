"""Kinds of facts about devices as the gateway saw them; core/events.py gives them to all."""

from dataclasses import dataclass
from uuid import UUID

from core.facts import Payload, fact


@fact("device.contested")
@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceContested(Payload):
    """Somebody else speaks with this device's identity.

    `kind`: `hardware` (registers as another make, model, terminal or plate), `takeover` (two living
    connections take it from each other), `code` (wrong codes in a row), `foreign` (its connection
    sends with other identities). Repetitions are counted in the contest, not recorded again.
    """

    contest_id: UUID
    kind: str


@fact("device.contest_closed")
@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceContestClosed(Payload):
    """An administrator ruled: `replaced` (it is another terminal now) or `dismissed`."""

    contest_id: UUID
    kind: str
    ruling: str
