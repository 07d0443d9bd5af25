"""Bodies and answers of the API without a login: the public form, partners."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from api.schemas import Body, OneLine
from api.schemas_ticket_codes import TicketKind, Words


class PublicTicketBody(Body):
    """What the public form sends. `website` is a trap for robots: people leave it empty."""

    kind: TicketKind = "fault_repair"
    name: Annotated[str, Field(max_length=100, examples=["王女士"]), OneLine] | None = None
    phone: Annotated[str, Field(min_length=5, max_length=40, examples=["13800138000"])]
    words: Words = Field(examples=["整栋楼停电"])
    place: Annotated[str, Field(max_length=200, examples=["景山街道 12 号楼"]), OneLine] | None = (
        None
    )
    website: Annotated[str, Field(max_length=200)] = ""


class PartnerTicketBody(Body):
    """What a partner's system hands in."""

    kind: TicketKind = "fault_repair"
    account_number: Annotated[str, Field(max_length=60, examples=["1100000001"])] | None = None
    name: Annotated[str, Field(max_length=100), OneLine] | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    words: Words = Field(examples=["用户反映整栋楼停电"])


class PublicTicketAnswer(BaseModel):
    """The number, and what happens next in both languages."""

    number: str
    received_at: datetime
    next_zh: str
    next_en: str
