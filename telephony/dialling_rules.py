"""How a command goes on after what the carrier answered: pure decisions of the dialler."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from telephony.gateway import Busy, CarrierFailed, Refused, Unsure

CREATES = ("place_call", "send_message")
"""Asked twice, they would happen twice: looked up before they are tried again."""
GONE_IS_DONE = ("take_from_queue", "remove")
"""Refused after an unsure try: that try did it, and what it was about is gone."""
TRIES = 8
BUSY_TRIES = 1000
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
UNSURE = "unsure"
LATE_S = 0.25


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds after an unsure try: until the first look-up, between two, until a call that is not
    found was never placed (longer than any answer of the carrier takes), until it is given up.
    """

    first_look_s: float = 2.0
    look_s: float = 5.0
    sure_s: float = 25.0
    give_up_s: float = 600.0


@dataclass(frozen=True, slots=True)
class Tried:
    """A command that was tried or looked up. `failure`: of the try before, if any."""

    kind: str
    tries: int
    tried_at: datetime
    expires_at: datetime | None
    failure: str | None = None

    @property
    def creates(self) -> bool:
        return self.kind in CREATES

    def expired(self, real: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= real


@dataclass(frozen=True, slots=True)
class Next:
    """The state that follows; `due_at` for one that is open still."""

    state: str
    code: str = ""
    due_at: datetime | None = None


DONE = Next("done")


def after_failure(tried: Tried, failure: CarrierFailed, real: datetime, times: Times) -> Next:
    """The carrier did not do it, or nobody knows."""
    code = failure.code
    if isinstance(failure, Unsure):
        if tried.creates:
            return Next(UNSURE, code, real + timedelta(seconds=times.first_look_s))
        return _again(tried, f"{UNSURE}:{code}", real, _growing(tried.tries), TRIES)
    if isinstance(failure, Refused):
        before = tried.failure or ""
        if tried.kind in GONE_IS_DONE and before.startswith(UNSURE):
            return DONE
        return Next("failed", code)
    if isinstance(failure, Busy):
        return _again(tried, code, real, timedelta(seconds=failure.seconds), BUSY_TRIES)
    return _again(tried, code, real, _growing(tried.tries), TRIES)


def not_found(tried: Tried, real: datetime, times: Times) -> Next:
    """The carrier knows of nothing: wait until it would, then try again."""
    gone = (real - tried.tried_at).total_seconds()
    if gone < times.sure_s:
        wait_s = min(times.look_s, max(times.sure_s - gone, 0.0))
        return Next(UNSURE, tried.failure or "", real + timedelta(seconds=wait_s))
    return _again(tried, tried.failure or "", real, timedelta(0), TRIES)


def unseen(tried: Tried, failure: CarrierFailed, real: datetime, times: Times) -> Next:
    """The look-up itself failed: look again, in the end say that nobody knows."""
    if (real - tried.tried_at).total_seconds() >= times.give_up_s:
        return Next("failed", UNSURE)
    wait_s = failure.seconds if isinstance(failure, Busy) else times.look_s
    return Next(UNSURE, tried.failure or "", real + timedelta(seconds=wait_s))


def _again(tried: Tried, code: str, real: datetime, wait: timedelta, tries: int) -> Next:
    if tried.tries >= tries:
        return Next("failed", code)
    if tried.expired(real + wait):
        return Next("expired", code)
    return Next("waiting", code, real + wait)


def _growing(tries: int) -> timedelta:
    return timedelta(seconds=min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(max(tries - 1, 0), 10)))


class Pace:
    """At most `per_second` of something. Places of the last `LATE_S` that nobody took may be made
    up for, so that whoever looks a little late still keeps the pace.

    Moments are of a clock that never goes back.
    """

    def __init__(self, per_second: float) -> None:
        self._gap_s = 1.0 / per_second
        self._late_s = int(LATE_S * per_second) * self._gap_s
        self._free_at = float("-inf")

    def wait_s(self, moment: float) -> float:
        """Seconds from this moment until one may go."""
        return max(0.0, self._free_at - moment)

    def room(self, moment: float) -> int:
        """How many may go now."""
        if self.wait_s(moment) > 0:
            return 0
        late_s = min(moment - self._free_at, self._late_s)
        return int(late_s / self._gap_s + 1e-6) + 1

    def go(self, moment: float, count: int = 1) -> None:
        """So many go now."""
        self._free_at = max(self._free_at, moment - self._late_s) + count * self._gap_s
