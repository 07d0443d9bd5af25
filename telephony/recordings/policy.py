"""What is recorded, how long it is kept, why it may be heard, as data: `recordings.toml`, or the
file of that name in the data directory. What is wrong with it is said with its field.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from core import checked_toml
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

    def problems(self) -> Iterator[checked_toml.Wrong]:
        """What is wrong beyond what the types say."""
        if DEFAULT not in self.record:
            yield f"record.{DEFAULT}", "must be there"
        for kind in get_args(Kind):
            if kind not in self.days:
                yield f"days.{kind}", "must be there"
        yield from checked_toml.twice("reason", (one.code for one in self.reason))


def policy() -> Policy:
    """The document in force in this process. Raises InvalidField naming what is wrong with it."""
    return document(settings().data_dir)


def read(text: str) -> Policy:
    """A document. Raises InvalidField naming all that is wrong."""
    return checked_toml.read(Policy, text, FILE, Policy.problems)


@lru_cache(maxsize=4)
def document(folder: Path) -> Policy:
    """The document of a data directory, as it was when it was first read."""
    return read(checked_toml.text_of(folder, "telephony.recordings", FILE))
