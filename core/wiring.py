"""What the upper rooms plug into the kernel. `api/wiring.py` holds the table and installs it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from core.callers import NOBODY, KnownCaller
from core.recorded import Recorded

if TYPE_CHECKING:
    from core.uow import UnitOfWork


class RowChange(NamedTuple):
    """The new row of a live screen, or None where it left that topic."""

    topic: str
    entity: str
    key: str
    value: dict[str, Any] | None


Subscriber = Callable[["UnitOfWork", Recorded], None]
Projector = Callable[[Session, int, Iterable[tuple[str, UUID]]], list[RowChange]]


Centres = Callable[[Session, int], Mapping[UUID, UUID]]


def _no_centres(_session: Session, _org_id: int) -> Mapping[UUID, UUID]:
    return {}


CallerContext = Callable[[Session, int, str], KnownCaller]
"""Organisation and number as the carrier says it → what is known of who calls."""


def _nobody_known(_session: Session, _org_id: int, _number: str) -> KnownCaller:
    return NOBODY


def _no_rows(
    _session: Session, _org_id: int, _touched: Iterable[tuple[str, UUID]]
) -> list[RowChange]:
    return []


@dataclass(frozen=True, slots=True)
class Wiring:
    """`subscriptions`: event type → subscribers; `jobs`: job name → dotted path of a function.

    `centres`: the centre of each vehicle of an organisation. `purposes`: what legs of calls hear,
    see `telephony.purposes`. `callers`: what is known of whoever calls.
    """

    subscriptions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    subscribers: Mapping[str, Subscriber] = field(default_factory=dict)
    jobs: Mapping[str, str] = field(default_factory=dict)
    projector: Projector = _no_rows
    centres: Centres = _no_centres
    purposes: Mapping[str, Any] = field(default_factory=dict)
    callers: CallerContext = _nobody_known


_installed = Wiring()


def install(wiring: Wiring) -> None:
    """Make `wiring` the one of this process. Names that lead nowhere are refused at once."""
    global _installed
    named = {name for names in wiring.subscriptions.values() for name in names}
    if missing := named - set(wiring.subscribers):
        raise ValueError(f"subscribers without a function: {sorted(missing)}")
    _installed = wiring


def wiring() -> Wiring:
    return _installed
