"""What the hotline's menu asks of the rooms above: who calls, and what is known to be wrong there.

`api/wiring.py` plugs the answer in (`Wiring.callers`).
"""

from dataclasses import dataclass
from datetime import datetime

# 重要电力用户: special, first and second class, temporary.
IMPORTANCES = ("ordinary", "special", "first", "second", "temporary")


@dataclass(frozen=True, slots=True)
class Outage:
    """A fault at the caller's line that is being worked on. `crew_at`: expected there, if known."""

    orders: int
    crew_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownCaller:
    """A caller by number. `importance`: the highest of the number's customers, a code."""

    importance: str | None = None
    outage: Outage | None = None


NOBODY = KnownCaller()
