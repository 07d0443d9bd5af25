"""What is recorded, how long it is kept, why it may be heard, as data: `recordings.toml`, or the
file of that name in the data directory. What is wrong with it is said with its field.
"""

import tomllib
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import InvalidField
from core.settings import settings

FILE = "recordings.toml"
DEFAULT = "default"
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Days = Annotated[int, Field(ge=1, le=36500)]
Kind = Literal["conversation", "message"]
Rule = Literal["never", "always", "on_demand"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Reason(_Part):
    """Why somebody listens."""

    code: Code
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Policy(_Part):
    """All of the document. `pause_s`, `listen_s`: seconds."""

    pause_s: float = Field(gt=0, le=3600)
    listen_s: float = Field(gt=0, le=86400)
    days: dict[Kind, Days]
    record: dict[Code, Rule]
    reason: tuple[Reason, ...] = Field(min_length=1)

    def rule(self, queue: str | None) -> Rule:
        """Whether conversations of a queue are recorded."""
        return self.record.get(queue or DEFAULT, self.record[DEFAULT])


def policy() -> Policy:
    """The document in force in this process. Raises InvalidField naming what is wrong with it."""
    return document(settings().data_dir)


def read(text: str) -> Policy:
    """A document. Raises InvalidField naming the first thing that is wrong."""
    try:
        found = Policy.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InvalidField(FILE, str(error)) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidField(f"{FILE}: {place}", first["msg"]) from None
    if DEFAULT not in found.record:
        raise InvalidField(f"{FILE}: record.{DEFAULT}", "must be there")
    for kind in ("conversation", "message"):
        if kind not in found.days:
            raise InvalidField(f"{FILE}: days.{kind}", "must be there")
    codes = [one.code for one in found.reason]
    for code in codes:
        if codes.count(code) > 1:
            raise InvalidField(f"{FILE}: reason.{code}", "is there twice")
    return found


@lru_cache(maxsize=4)
def document(folder: Path) -> Policy:
    """The document of a data directory, as it was when it was first read."""
    own = folder / FILE
    if own.is_file():
        return read(own.read_text(encoding="utf-8"))
    return read((resources.files("telephony.recordings") / FILE).read_text(encoding="utf-8"))
