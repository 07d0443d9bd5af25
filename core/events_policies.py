"""Kinds of fact about policies and calendars of the service levels; their texts are not in them."""

from dataclasses import dataclass
from datetime import datetime

from core.facts import Payload, fact


@fact("policy.version_added")
@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersionAdded(Payload):
    """A version of a policy is kept from now on. `digest`: SHA-256 of its text, in hexadecimal.

    `effective_from`: what begins from then on is under it; None: always.
    """

    code: str
    version: int
    digest: str
    enabled: bool
    effective_from: datetime | None = None


@fact("policy.confirmed")
@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyConfirmed(Payload):
    """An administrator stands by the doubtful figures of a version: it is in force."""

    version: int


@fact("policy.enabled")
@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyEnabled(Payload):
    """Orders and tickets may begin under this version."""

    version: int


@fact("policy.disabled")
@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDisabled(Payload):
    """Nothing begins under this version any more; what has begun keeps it."""

    version: int


@fact("calendar.version_added")
@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarVersionAdded(Payload):
    """A calendar has a new version, which holds from now on. `digest`: as of a policy."""

    code: str
    version: int
    digest: str
