"""Answers of the API about who wants no messages."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field


class SuppressionRow(BaseModel):
    """A number that gets no more messages of a scope."""

    id: UUID
    number: str
    scope: Literal["notice", "marketing"]
    source: Literal["word", "agent"] = Field(description="By its own short message, or by us.")
    since: datetime
