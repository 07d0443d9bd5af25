"""Who answers for what a leg hears: a table from the leg's purpose to a function.

`api/wiring.py` holds the table (`Wiring.purposes`). A function runs in the unit of work of the
webhook that asks, may come twice for one step, and must then give the same script and do nothing
again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from telephony.script import Script, Step

if TYPE_CHECKING:
    from core.uow import UnitOfWork

CALLER = "caller"
"""The purpose of a leg that nobody placed: somebody called the hotline."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A telephone that asks what is next. `subject_id`: what it was placed for."""

    call_id: UUID
    leg_id: UUID
    purpose: str
    subject_id: UUID | None
    carrier_call: str
    from_number: str
    to_number: str


Answerer = Callable[["UnitOfWork", Leg, Step], Script]
Purposes = Mapping[str, Answerer]
