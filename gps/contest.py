"""When somebody else speaks with a device's identity. Pure.

A terminal whose old connection hangs half-open (its network address changed) and that comes back
is no thief: the old connection says nothing any more, not even goodbye. Two devices are told by
what only two can do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

HARDWARE = {"maker": 5, "model": 8, "terminal_id": 7}
"""What a terminal says of itself at registration, with the width of the field in its shortest form
(2011): a terminal that has learnt a newer form of the standard may say more of the same.
"""

WITHIN = ("attributes", "imei")
"""What it says of itself after it was let in: `attributes` are maker, model and id of 0x0107."""

WINDOW = timedelta(minutes=10)
ENOUGH = 3
"""So many takeovers of a living connection within the window are two devices."""

ENOUGH_ALIKE = 6
"""So many where the older one from the same address only said goodbye: two behind one address,
or one that reconnects more often than any does.
"""

WRONG_CODES = 5
"""So many wrong codes in a row are reported."""

SLOW_FROM = 3
LONGEST_WAIT_S = 20.0


def contradicts(known: Mapping[str, object], said: Mapping[str, object]) -> bool:
    """Whether `said` is another device than the one that `known` was told by.

    What was never told contradicts nothing; nor does a plate that is not told now.
    """
    for field, width in HARDWARE.items():
        before, now = str(known.get(field) or ""), str(said.get(field) or "")
        if before and not _same(before, now, width):
            return True
    before, now = str(known.get("plate") or ""), str(said.get("plate") or "")
    return bool(before and now) and before != now


def unlike(known: Mapping[str, object], said: Mapping[str, object]) -> dict[str, object]:
    """What a terminal that was let in says of its hardware otherwise than it did before."""
    return {
        field: said[field]
        for field in WITHIN
        if said.get(field) and known.get(field) and said[field] != known[field]
    }


def _same(before: str, now: str, width: int) -> bool:
    short, long = sorted((before, now), key=len)
    return short == long or (len(short) >= width and long.startswith(short))


@dataclass(frozen=True, slots=True)
class Takeover:
    """A newer connection took a device over from an older one.

    `alive`: the older one answered when it was let go; `spoke`: it went on sending.
    """

    at: datetime
    alive: bool
    spoke: bool
    older: str
    newer: str

    @property
    def tells(self) -> bool:
        """One terminal never sends on two connections; it may leave one alive as it moves on."""
        return self.spoke or (self.alive and self.older != self.newer)


def fought_over(takeovers: Iterable[Takeover], now: datetime) -> bool:
    """Whether two devices take one identity from each other again and again."""
    recent = [one for one in takeovers if one.alive and now - one.at <= WINDOW]
    return sum(one.tells for one in recent) >= ENOUGH or len(recent) >= ENOUGH_ALIKE


def wait_s(wrong: int) -> float:
    """How long the answer to the n-th wrong code in a row is kept back."""
    return 0.0 if wrong < SLOW_FROM else min(LONGEST_WAIT_S, 2.0 ** (wrong - SLOW_FROM))
