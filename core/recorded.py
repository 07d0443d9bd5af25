"""An event as the rules see it: pure, no database."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.events import Payload


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as it stands in the log. `seq` is 0 until it is appended."""

    org_id: int
    id: UUID
    stream: str
    stream_id: UUID
    payload: Payload
    occurred_at: datetime
    recorded_at: datetime
    actor_kind: str
    actor_id: UUID | None
    source: str
    correlation_id: str
    seq: int = 0

    @property
    def type(self) -> str:
        return self.payload.TYPE
