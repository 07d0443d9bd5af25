"""What a leg of a call hears and is asked: a declarative script, whoever the carrier is.

A carrier that pulls documents (Twilio) renders it, one that takes commands (Asterisk) executes it,
node by node. A script ends where its nodes end; then the leg is hung up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Mode = Literal["talk", "listen", "whisper", "barge"]
"""How a leg is in a conference; the last three are a supervisor's."""


@dataclass(frozen=True, slots=True)
class Say:
    """Words that are spoken. `language`: BCP 47, such as cmn-CN or en-US."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Play:
    """A recording at an address that the carrier can reach; `loop` times, 0: until interrupted."""

    url: str
    loop: int = 1


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence."""

    seconds: int


Heard = Say | Play | Pause


@dataclass(frozen=True, slots=True)
class Gather:
    """Ask for keys. They go to the step `step` of the leg's purpose, "" where nothing came.

    `digits`: how many, or None: until `#`. `timeout_s`: after the last key or word.
    """

    step: str
    prompts: tuple[Heard, ...]
    digits: int | None = 1
    timeout_s: int = 5


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Wait for an agent. The step `wait` is asked what is heard meanwhile, again and again.

    `language`: column of the caller's language, where it is known: the step is `wait.zh` then.
    """

    queue: str
    language: str = ""

    @property
    def step(self) -> str:
        """The step that is asked while the leg waits."""
        return f"wait.{self.language}" if self.language else "wait"


@dataclass(frozen=True, slots=True)
class Join:
    """Be in the conference of this name: one per call of a caller.

    `starts`: others hear music until such a leg is in it; `ends`: it is over when this leg goes.
    `coach`: the carrier's id of the leg that a `whisper` is for.
    """

    conference: str
    mode: Mode = "talk"
    starts: bool = True
    ends: bool = False
    coach: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """Record what the leg says, until a key, silence or `max_s`; then the step `step` is asked."""

    step: str
    max_s: int = 120


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave the queue; in a `wait` script only. The step `left` is asked what is next."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Do not answer the call at all; only as the first node of a caller's first script."""

    reason: Literal["busy", "rejected"] = "rejected"


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the leg."""


Node = Say | Play | Pause | Gather | Enqueue | Join | Record | Leave | Reject | HangUp
Script = tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """What a leg has come to: `answer`, `wait` (`wait.zh`), `left`, `queue` or the step that a node
    named.

    `digits`: the keys that were pressed; `more`: what else the carrier says of it.
    """

    name: str
    digits: str = ""
    more: Mapping[str, Any] | None = None
