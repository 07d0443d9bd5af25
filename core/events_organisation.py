"""Kinds of fact about the organisation: who changed what, with ids and codes only.

The stream is that of the unit, login, member, shift, vehicle or device. `what` is `created`, or the
names of the changed fields; `version` is the one that the change made.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.facts import Payload, fact


@fact("organisation.unit_changed")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationUnitChanged(Payload):
    """A unit was made or changed. `what`: `created`, or the names of the changed fields."""

    version: int
    what: str
    kind: str
    code: str
    parent_id: UUID | None
    active: bool
    reason: str | None = None


@fact("organisation.user_changed")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationUserChanged(Payload):
    """A login was made or changed; `what` may be `password`, never the password."""

    version: int
    what: str
    role: str
    unit_id: UUID
    active: bool
    reason: str | None = None


@fact("organisation.member_changed")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationMemberChanged(Payload):
    """A person of a unit was added or changed."""

    version: int
    what: str
    unit_id: UUID
    leader_rank: int | None
    active: bool


@fact("organisation.shift_changed")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationShiftChanged(Payload):
    """A shift was planned, changed or removed (`what`: `created`, field names, `removed`)."""

    version: int
    what: str
    unit_id: UUID
    member_id: UUID | None
    kind: str
    starts_at: datetime
    ends_at: datetime


@fact("organisation.vehicle_changed")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationVehicleChanged(Payload):
    """A vehicle was added or changed, taken out of use or brought back."""

    version: int
    what: str
    crew_id: UUID | None
    active: bool = True
    reason: str | None = None


@fact("organisation.device_changed")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationDeviceChanged(Payload):
    """A terminal or phone was added or changed, taken out of use or brought back."""

    version: int
    what: str
    kind: str
    protocol: str
    vehicle_id: UUID | None
    active: bool = True
    reason: str | None = None


@fact("organisation.fence_changed")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationFenceChanged(Payload):
    """A fence was drawn or changed, went out of use or came back.

    `kind`: circle, polygon or corridor. `unit_id`: the centre that it belongs to; None: to all.
    """

    version: int
    what: str
    kind: str
    purpose: str
    unit_id: UUID | None
    active: bool
