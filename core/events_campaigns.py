"""Kinds of facts about notices to many; core/events.py gives them to all."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.facts import Payload, fact


@fact("campaign.asked")
@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignAsked(Payload):
    """A notice to many was drafted: from which text, for whom, of use until when.

    `scope`: order, node or region, with its id; `important_only`: some kinds of customers alone.
    """

    template: str
    version: str
    category: str
    scope: str
    scope_id: UUID
    important_only: bool
    expires_at: datetime


@fact("campaign.moved")
@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignMoved(Payload):
    """It runs, is paused, cancelled or done. `code`: `expired` where it ended by its time."""

    state: str
    code: str | None = None


@fact("campaign.written")
@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignWritten(Payload):
    """All who are to get it are known: numbers, those left out, customers without a number."""

    recipients: int
    excluded: int
    numberless: int
