"""Bodies and answers of phones that send where they are."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError, WrapValidator
from pydantic_core.core_schema import ValidatorFunctionWrapHandler

from api.schemas import Body, Moment, Named

MOST = 200
Number = Annotated[float, Field(allow_inf_nan=False)]


class PhonePosition(Body):
    """One position as the phone's receiver gave it. WGS-84."""

    at: Moment = Field(description="Of the position, as the phone measures the server's clock.")
    lat: Annotated[Number, Field(ge=-90, le=90, examples=[39.9239])]
    lon: Annotated[Number, Field(ge=-180, le=180, examples=[116.3966])]
    accuracy_m: Annotated[Number, Field(ge=0, le=1e6, examples=[12])] | None = Field(
        None, description="Radius; null: the phone does not tell."
    )
    speed_kmh: Annotated[Number, Field(ge=0, le=1000)] | None = None
    course_deg: Annotated[Number, Field(ge=0, le=360)] | None = None
    altitude_m: Annotated[Number, Field(ge=-1000, le=20_000)] | None = None


class Wrong:
    """A position that could not be read: `errors` are (path below the position, message)."""

    def __init__(self, error: ValidationError) -> None:
        self.errors = [
            (".".join(str(part) for part in one["loc"]), one["msg"]) for one in error.errors()
        ]


def _apart(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """A bad position costs only itself."""
    try:
        return handler(value)
    except ValidationError as error:
        return Wrong(error)


class PhonePositions(Body):
    """What a phone has seen since it last sent, oldest first."""

    device: UUID = Field(
        description="Made by the page once, at random, and kept on the phone.",
        examples=["0f0e6c3a-6f0e-4b54-9a6e-1f4f2c9b7a10"],
    )
    sent_at: Moment = Field(description="When it sends, on the clock of `at`.")
    positions: Annotated[
        list[Annotated[PhonePosition, WrapValidator(_apart)]],
        Field(max_length=MOST, description="None: it only asks whether the crew is on duty."),
    ]


class WrongField(BaseModel):
    field: str = Field(examples=["body.positions[3].lat"])
    message: str


class PhoneAnswer(BaseModel):
    """What became of the positions; after it none of them need be sent again."""

    device_id: UUID
    vehicle_id: UUID | None = Field(description="Null: the crew has no vehicle now.")
    server_time: datetime
    off_s: float = Field(description="How far `sent_at` was from our clock; negative: behind.")
    on_duty: bool = Field(description="Whether the crew is on duty now: if not, nothing is kept.")
    codes: list[str] = Field(
        description="Of each position, in order, what became of it.", examples=[["ok", "beside"]]
    )
    words: list[Named] = Field(description="The codes that occur, in words.")
    wrong: list[WrongField] = Field(description="What was malformed about those that were.")
