"""Words ready for an emergency, as data: `announcements.toml`, or the file of that name in the data
directory. What somebody has to fill in stands in braces.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from core import checked_toml
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

    def problems(self) -> Iterator[checked_toml.Wrong]:
        yield from checked_toml.twice("announcement", (one.code for one in self.announcement))


def ready_words() -> tuple[Ready, ...]:
    """All of them, in the order of the file. Raises InvalidField naming what is wrong with it."""
    path = settings().data_dir / FILE
    if path.is_file():
        return _read(path, path.stat().st_mtime_ns)
    return _shipped()


def parse(text: str) -> tuple[Ready, ...]:
    """A document. Raises InvalidField naming all that is wrong."""
    return checked_toml.read(_Document, text, FILE, _Document.problems).announcement


@lru_cache(maxsize=4)
def _read(path: Path, _changed_ns: int) -> tuple[Ready, ...]:
    return parse(checked_toml.text_in(path))


@lru_cache(maxsize=1)
def _shipped() -> tuple[Ready, ...]:
    return parse(checked_toml.shipped("telephony", FILE))
