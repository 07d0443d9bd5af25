"""Answers of the API about who wants no messages."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from api.schemas import Body


class SuppressionBody(Body):
    """Who wants no more of which messages, and why."""

    number: Annotated[str, Field(min_length=1, max_length=40, examples=["+8616412345678"])]
    scopes: list[Literal["notice", "marketing"]] = Field(
        min_length=1, max_length=2, examples=[["notice", "marketing"]]
    )
    reason: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)
    ] = Field(examples=["来电要求不再接收通知"])


class SuppressionRow(BaseModel):
    """A number that gets no more messages of a scope."""

    id: UUID
    number: str
    scope: Literal["notice", "marketing"]
    source: Literal["word", "agent"] = Field(description="By its own short message, or by us.")
    reason: str | None
    since: datetime


class Suppressions(BaseModel):
    """All that a number has stopped."""

    suppressions: list[SuppressionRow]
