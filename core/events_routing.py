"""Facts of the automatic release, of the routing table, and of who sits at which desk."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.facts import Payload, fact


@fact("release.planned")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasePlanned(Payload):
    """The order was filed; where no lead acts until `due_at`, the system releases it."""

    due_at: datetime


@fact("release.withdrawn")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseWithdrawn(Payload):
    """A lead acted first, or the order ended: the system will not release it."""

    cause: str


@fact("release.done")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDone(Payload):
    """The system released the order to the centre that the routing table named."""

    hop_id: UUID
    centre_id: UUID
    trade: str
    row_id: UUID


@fact("release.stuck")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseStuck(Payload):
    """Its time came and the routing table named nobody; an alarm runs, it is tried again."""


@fact("routing.row_changed")
@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRowChanged(Payload):
    """A row of the routing table was added, changed or removed."""

    action: str
    version: int
    position: int
    centre_id: UUID
    trade: str
    region_id: UUID | None = None
    device: str | None = None
    fault_code: str | None = None
    area_class: str | None = None


@fact("routing.settings_changed")
@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingSettingsChanged(Payload):
    """When the system releases by itself, and how long a desk may be gone unnoticed."""

    release_after_s: float | None
    desk_grace_s: float
    version: int


@fact("desk.opened")
@dataclass(frozen=True, slots=True, kw_only=True)
class DeskOpened(Payload):
    """Somebody sits at the unit's screen: a client of it is connected, and stays."""


@fact("desk.closed")
@dataclass(frozen=True, slots=True, kw_only=True)
class DeskClosed(Payload):
    """No client of the unit is connected any more; said again when its duty begins or ends."""

    cause: str
    on_duty: bool
