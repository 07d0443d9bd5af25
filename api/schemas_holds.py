"""Bodies and answers of the API about holds."""

from datetime import datetime
from typing import Annotated, Literal, get_args

from pydantic import Field

from api.schemas import Body, Moment
from api.schemas_orders import HoldRow, Text
from dispatch.holds.rules import REFUSALS

HoldKind = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$",
        description="A kind of `holds` of the reference, as the order's policy has it.",
        examples=["customer_unreachable"],
    ),
]
Refusal = Literal["not_needed", "no_evidence", "wrong_kind", "other"]
assert get_args(Refusal) == REFUSALS


class HoldBody(Body):
    kind: HoldKind
    words: Text | None = Field(None, description="What happened, in words.")
    at: Moment | None = Field(None, description="When it began, with time zone; empty: now.")


class HoldRefuseBody(Body):
    reason: Refusal
    words: Text | None = None


class HoldEndBody(Body):
    at: Moment | None = Field(None, description="When it ended, with time zone; empty: now.")


class HoldPage(HoldRow):
    asked_by: str | None
    decided_by: str | None
    decided_at: datetime | None
    words: str | None
    decision_words: str | None
