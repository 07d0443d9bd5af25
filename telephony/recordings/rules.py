"""What reports of a recording tell together, and what the carrier is to be asked next: pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from telephony.gateway import RecordAct

OPEN = ("asked", "in-progress", "paused")
"""The carrier records, or is to begin."""
CONSENTED = ("announced", "agreed")
"""The caller was told, or said yes. Without either nothing is recorded."""
BEGAN, READY, ABSENT, FAILED = "in-progress", "completed", "absent", "failed"
STATE_OF = {BEGAN: "in-progress", READY: "ready", ABSENT: "absent", FAILED: "failed"}
"""Event of a report → state of the recording."""
_RANK = (BEGAN, FAILED, ABSENT, READY)


@dataclass(frozen=True, slots=True)
class Report:
    """One report of the carrier about one recording. `begun`: the carrier's time."""

    event: str
    seconds: int | None = None
    begun: datetime | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What all reports tell together. `event`: the furthest that it came; blank: nothing yet."""

    event: str = ""
    seconds: int | None = None
    begun: datetime | None = None
    code: str = ""


def fold(reports: Iterable[Report]) -> Told:
    """The set of reports, in whatever order and however often: the furthest event counts."""
    known = list(reports)
    if not known:
        return Told()
    furthest = max(known, key=_furthest)
    begun = min((one.begun for one in known if one.begun is not None), default=None)
    ended = furthest.event != BEGAN
    return Told(furthest.event, furthest.seconds if ended else None, begun, furthest.code)


def _furthest(one: Report) -> tuple[int, int, str]:
    return _RANK.index(one.event), -1 if one.seconds is None else one.seconds, one.code


def state_after(state: str, told: Told) -> str:
    """The state of a recording once the reports are known; what is erased stays so.

    A pause is ours, the carrier does not report it; a failure of ours ends where the carrier shows
    that it records after all.
    """
    if not told.event or state in ("expired", "deleted"):
        return state
    if told.event == BEGAN:
        return "in-progress" if state in ("asked", "failed") else state
    return STATE_OF[told.event]


_RUNNING: Mapping[str, RecordAct] = MappingProxyType({"paused": "pause", "off": "stop"})
_PAUSED: Mapping[str, RecordAct] = MappingProxyType({"on": "resume", "off": "stop"})


def next_act(state: str, wanted: str) -> RecordAct | None:
    """What the carrier is to be asked. `wanted`: on, paused or off."""
    if state == "asked":
        return "start"
    if state == "in-progress":
        return _RUNNING.get(wanted)
    if state == "paused":
        return _PAUSED.get(wanted)
    return None
