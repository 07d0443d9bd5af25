"""The seam to a carrier: what it can be asked, and what its answers mean.

Every method blocks for at most the carrier's timeout and is called by `paidan dial` alone, which
has written down the try before. What the carrier reports by itself comes as a `CarrierEvent`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from telephony.script import Mode, Script

RecordAct = Literal["start", "pause", "resume", "stop"]


class CarrierFailed(Exception):
    """The carrier did not do it. `code` is a word or the carrier's number; no personal data."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Refused(CarrierFailed):
    """It never will: a wrong number, a leg that is gone, no permission."""


class Busy(CarrierFailed):
    """Too much at once; nothing was done. Ask again after `seconds`."""

    def __init__(self, code: str, seconds: float) -> None:
        super().__init__(code)
        self.seconds = seconds


class Unreached(CarrierFailed):
    """The request never arrived: it is safe to ask again."""


class Unsure(CarrierFailed):
    """Nobody knows: the request went out and no answer came. Look up before asking again."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What this carrier can do beyond what every one must.

    `idempotent_dial`: its id of a leg that we place is ours, so it is placed once and found by it.
    """

    idempotent_dial: bool = False
    hangup_party: bool = False
    two_way_sms: bool = False
    free_text_sms: bool = False
    calls_per_second: float = 1.0
    messages_per_second: float = 1.0


@dataclass(frozen=True, slots=True)
class NewCall:
    """A leg to be placed. `leg_id` is ours and stands in every address that the carrier gets.

    Once answered, the carrier asks for the leg's script: step `answer`.
    """

    leg_id: UUID
    to_number: str
    from_number: str
    ring_s: int = 30
    detect_machine: bool = False


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A short message. `template` and `values` are for carriers that take no free text."""

    message_id: UUID
    to_number: str
    from_number: str
    text: str
    template: str | None = None
    values: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class CallFound:
    """A call as the carrier knows it. `status`: as in `rules.STATUSES`."""

    carrier_call: str
    status: str
    to_number: str
    from_number: str
    created_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class MessageFound:
    """A message as the carrier knows it. `status`: as in `telephony.delivery`."""

    carrier_message: str
    status: str
    to_number: str
    text: str
    created_at: datetime | None
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class Tape:
    """What is to be recorded: the leg of a customer, in the conference of a call.

    `recording`: the carrier's id, where it has begun. `leg_id`: ours.
    """

    conference: str
    carrier_call: str
    leg_id: UUID
    recording: str = ""


@dataclass(frozen=True, slots=True)
class RecordingFound:
    """A recording as the carrier knows it. `event`: as in reports: in-progress, completed, …"""

    event: str
    seconds: int | None = None
    begun_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Audio:
    """Sound from the carrier, to be read once. `first`, `last`: of `size` bytes."""

    kind: str
    size: int
    first: int
    last: int
    pieces: Iterator[bytes]


class NoSuchRange(Exception):
    """The recording has no such bytes. `size`: how many there are."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class Archive(Protocol):
    """Where recordings are played from. Called by web processes; blocks for at most a timeout."""

    def audio(self, recording: str, first: int | None, last: int | None) -> Audio | None:
        """The sound of a recording, or some bytes of it; None where the carrier has none.

        `first` None: the last `last` bytes. Raises CarrierFailed, NoSuchRange.
        """
        ...


class Gateway(Protocol):
    """One carrier. Legs are named by the carrier's own id, conferences by the name we gave."""

    name: str
    can: Capabilities

    def place_call(self, call: NewCall) -> str:
        """Begin to dial; the carrier's id of the leg."""
        ...

    def redirect(self, carrier_call: str, script: Script, leg_id: UUID) -> None:
        """Let a leg that is in progress go on with this. `leg_id`: ours."""
        ...

    def hang_up(self, carrier_call: str) -> None:
        """End a leg, also one that rings still. One that is over already is no error."""
        ...

    def take_from_queue(self, carrier_call: str, queue: str, script: Script, leg_id: UUID) -> None:
        """Let this waiting leg, wherever it stands in the queue, go on with this."""
        ...

    def hold(self, conference: str, carrier_call: str, *, on: bool) -> None:
        """Let a participant hear music, or take part again."""
        ...

    def mode(self, conference: str, carrier_call: str, mode: Mode, coach: str | None) -> None:
        """Change how a supervisor takes part."""
        ...

    def remove(self, conference: str, carrier_call: str) -> None:
        """Take a participant out of the conference and hang it up."""
        ...

    def record(self, tape: Tape, act: RecordAct) -> str:
        """Begin, pause, resume or end a recording; of a beginning the carrier's id of it.

        What is recorded already is not begun a second time.
        """
        ...

    def delete_recording(self, recording: str) -> None:
        """Erase a recording at the carrier. One that is gone already is no error."""
        ...

    def recording(self, recording: str) -> RecordingFound | None:
        """A recording by its id; None where the carrier has no such recording."""
        ...

    def call(self, carrier_call: str) -> CallFound | None:
        """A call by its id; None where the carrier has no such call."""
        ...

    def calls(self, to_number: str, since: datetime) -> list[CallFound]:
        """Calls to a number that were created at or after `since`."""
        ...

    def send_message(self, message: NewMessage) -> str:
        """Send a short message; the carrier's id."""
        ...

    def message(self, carrier_message: str) -> MessageFound | None:
        """A message by its id."""
        ...

    def messages(self, to_number: str, since: datetime) -> list[MessageFound]:
        """Messages to a number that were created at or after `since`."""
        ...
