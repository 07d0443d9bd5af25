"""What bodies and answers of the API share; the OpenAPI document is made from them."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, field_validator

from api import examples

YEARS = (1970, 2199)
RATE = "Seconds that `server_time` gains per second; 1 except in demonstrations and load tests."


def storable(text: str) -> str:
    """The text, unless it holds what PostgreSQL does not store: NUL, or half a character."""
    if "\x00" in text:
        raise ValueError("must not contain NUL characters")
    if not text.isascii() and any("\ud800" <= one <= "\udfff" for one in text):
        raise ValueError("must be well-formed Unicode, without lone surrogates")
    return text


def plausible(at: datetime) -> datetime:
    """The time in UTC, unless it lies outside the years that can be reckoned with."""
    if not YEARS[0] < at.year < YEARS[1]:
        raise ValueError(f"must lie between the years {YEARS[0]} and {YEARS[1]}")
    return at.astimezone(UTC)


Plain = Annotated[str, AfterValidator(storable)]
Moment = Annotated[AwareDatetime, AfterValidator(plausible)]


class Body(BaseModel):
    """A request body. Unknown fields are refused by name, and so is text that cannot be stored."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        if isinstance(value, list):
            for one in value:
                cls._storable(one)
        return storable(value) if isinstance(value, str) else value


class Named(BaseModel):
    code: str
    name_zh: str
    name_en: str


class ProblemBody(BaseModel):
    """RFC 9457; `detail` is in the language of Accept-Language."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PROBLEM]})

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[dict[str, str]]
    correlation_id: str
