"""Bodies and answers of the API about emergency announcements."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.schemas import storable
from telephony.announcement_words import BLANK


def filled_in(text: str) -> str:
    """Nobody hears braces: what stands in them was to be filled in."""
    if BLANK.search(text):
        raise ValueError("must not hold braces: fill in what stands in them")
    return text


Words = Annotated[
    str, Field(min_length=1, max_length=400), AfterValidator(storable), AfterValidator(filled_in)
]


class NewAnnouncement(BaseModel):
    """What every caller is to hear first, in both languages."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    zh: Words = Field(examples=["城东大面积停电，正在抢修，预计两小时内恢复。"])
    en: Words = Field(
        examples=["Power is out in the east. Crews are at work; two hours are expected."]
    )


class AnnouncedBy(BaseModel):
    id: UUID
    name: str


class Announcement(BaseModel):
    """`ended_at`: null while callers hear it."""

    id: UUID
    zh: str
    en: str
    began_at: datetime
    began_by: AnnouncedBy
    ended_at: datetime | None


class ReadyWords(BaseModel):
    """Words for one kind of emergency; what has to be filled in stands in braces."""

    code: str
    name_zh: str
    name_en: str
    zh: str
    en: str


class BothLanguages(BaseModel):
    zh: str
    en: str


class AnnouncementDesk(BaseModel):
    """What a person needs to turn one on: what callers hear before it, words that are ready, and
    what was said before.
    """

    greeting: BothLanguages = Field(description="What callers hear first, before these words.")
    ready: list[ReadyWords]
    last: list[Announcement] = Field(description="Those that are off again, the newest first.")
