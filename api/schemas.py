"""What bodies and answers of the API share; the OpenAPI document is made from them."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    field_validator,
)

from api import examples

YEARS = (1970, 2199)
RATE = "Seconds that `server_time` gains per second; 1 except in demonstrations and load tests."


_UNSEEN = {
    sign: None
    for sign in (
        *range(0x01, 0x20),  # controls, without those that shape a text
        *range(0x7F, 0xA0),
        0x061C,
        0x200B,
        0x200E,
        0x200F,
        *range(0x202A, 0x202F),  # what turns the direction of what follows
        *range(0x2066, 0x206A),
        0xFEFF,
    )
    if chr(sign) not in "\t\n\r"
}


def seen(text: str) -> str:
    """The text without signs that nobody sees and that make a name read as another one.

    They come with numbers and addresses that are pasted: nobody is refused for them. Lines stay.
    """
    return text.translate(_UNSEEN) if not text.isprintable() else text


def storable(text: str) -> str:
    """The text, unless it holds what PostgreSQL does not store: NUL, or half a character."""
    if "\x00" in text:
        raise ValueError("must not contain NUL characters")
    if not text.isascii() and any("\ud800" <= one <= "\udfff" for one in text):
        raise ValueError("must be well-formed Unicode, without lone surrogates")
    return text


def one_line(value: Any) -> Any:
    """Text without line breaks and doubled blanks: names and places are shown in rows."""
    return " ".join(value.split()) if isinstance(value, str) else value


def plausible(at: datetime) -> datetime:
    """The time in UTC, unless it lies outside the years that can be reckoned with."""
    if not YEARS[0] < at.year < YEARS[1]:
        raise ValueError(f"must lie between the years {YEARS[0]} and {YEARS[1]}")
    return at.astimezone(UTC)


OneLine = BeforeValidator(one_line)
Plain = Annotated[str, AfterValidator(storable)]
Moment = Annotated[AwareDatetime, AfterValidator(plausible)]


class Body(BaseModel):
    """A request body. Unknown fields are refused by name, and so is text that cannot be stored.

    Signs that nobody sees are left out of every text.
    """

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        if isinstance(value, list):
            return [cls._storable(one) for one in value]
        return seen(storable(value)) if isinstance(value, str) else value


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
