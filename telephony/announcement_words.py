"""Words ready for an emergency, as data: `announcements.toml`, or the file of that name in the data
directory. What somebody has to fill in stands in braces.
"""

import re
import tomllib
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import InvalidField
from core.settings import settings

FILE = "announcements.toml"
BLANK = re.compile(r"[{}]")
"""What nobody may hear: a place that was not filled in."""


class Ready(BaseModel):
    """Words for one kind of emergency."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    name_zh: str
    name_en: str
    zh: Annotated[str, Field(min_length=1, max_length=400)]
    en: Annotated[str, Field(min_length=1, max_length=400)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    announcement: tuple[Ready, ...]


def ready_words() -> tuple[Ready, ...]:
    """All of them, in the order of the file. Raises InvalidField naming what is wrong with it."""
    path = settings().data_dir / FILE
    if path.is_file():
        return _read(path, path.stat().st_mtime_ns)
    return _shipped()


def parse(text: str) -> tuple[Ready, ...]:
    """A document. Raises InvalidField naming the first thing that is wrong."""
    try:
        found = _Document.model_validate(tomllib.loads(text)).announcement
    except tomllib.TOMLDecodeError as error:
        raise InvalidField(FILE, str(error)) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidField(f"{FILE}: {place}", first["msg"]) from None
    codes = [one.code for one in found]
    for code in codes:
        if codes.count(code) > 1:
            raise InvalidField(f"{FILE}: announcement.{code}", "is there twice")
    return found


@lru_cache(maxsize=4)
def _read(path: Path, _changed_ns: int) -> tuple[Ready, ...]:
    return parse(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _shipped() -> tuple[Ready, ...]:
    return parse((resources.files("telephony") / FILE).read_text(encoding="utf-8"))
