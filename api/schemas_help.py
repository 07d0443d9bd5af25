"""Bodies and answers of the API about calls for help."""

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas import Body
from dispatch.help.rules import OUTCOMES

Outcome = Literal["helped", "mistake"]
assert get_args(Outcome) == OUTCOMES


class HelpRow(BaseModel):
    """A crew calls for help 求助. WGS-84."""

    id: UUID
    crew_id: UUID | None = Field(description="Empty: of a vehicle that belongs to no crew.")
    crew_zh: str | None
    crew_en: str | None
    centre_id: UUID | None = Field(description="Of the crew, when it called.")
    vehicle_id: UUID | None
    plate: str | None
    order_id: UUID | None = Field(description="That the crew was at.")
    number: str | None
    source: Literal["key", "alarm", "phone"] = Field(
        description="Key of the terminal, its alarm switch, or the crew's page."
    )
    called_at: datetime
    last_at: datetime
    times: int = Field(description="How often; called again, it waits to be noted anew.")
    lat: float | None
    lon: float | None
    seen_at: datetime | None = Field(description="Somebody took note.")
    seen_by: str | None
    ended_at: datetime | None
    outcome: Outcome | None


class HelpEndBody(Body):
    outcome: Outcome = Field("helped", examples=["helped"])
