"""Legs of which nothing is heard any more: the carrier is asked, and its word is evidence.

A status callback may be lost for good. Without the sweep its call would stay open, its tickets
without point A, its agent on the telephone.
"""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from core.clock import now
from core.correlation import correlated
from core.db import read_session
from core.identity import system_actor
from core.logging import logger
from core.settings import settings
from core.trouble import Trouble
from core.uow import unit_of_work
from telephony import caller_repository as repository
from telephony import folding
from telephony.caller_repository import SilentLeg
from telephony.gateway import CallFound, CarrierFailed, Gateway
from telephony.rules import TERMINAL, CarrierEvent

PAUSE_S = 10.0
AT_ONCE = 20
UNKNOWN = "failed"
"""How a leg has ended that the carrier does not know."""
log = logger(__name__)


class Sweeper:
    """Asks for silent legs now and then, until it is stopped."""

    def __init__(self, gateway: Gateway, stopping: threading.Event) -> None:
        self._gateway = gateway
        self._stopping = stopping

    def run(self) -> None:
        """Work until stopped; a fault is logged, and the next turn comes."""
        trouble = Trouble(log, "sweep_of_calls_interrupted")
        while not self._stopping.wait(PAUSE_S):
            try:
                self.turn()
            except Exception as error:
                trouble.failed(error)

    def turn(self) -> int:
        """Ask for those that are due, some at a time; how many were found to be over."""
        over = 0
        for leg in due():
            if self._stopping.is_set():
                break
            try:
                found = self._gateway.call(leg.carrier_call)
            except CarrierFailed as failed:
                log.warning("lost_call_not_looked_up", leg=str(leg.leg_id), code=failed.code)
                break
            with correlated(str(leg.call_id)):
                over += settle(leg, found, now())
        return over


def due(limit: int = AT_ONCE) -> Sequence[SilentLeg]:
    """Legs that are open and silent for longer than the limit, the longest first."""
    since = now() - timedelta(seconds=settings().lost_call_seconds)
    with read_session() as session:
        return repository.silent_legs(session, since, limit)


def settle(leg: SilentLeg, found: CallFound | None, at: datetime) -> bool:
    """Take the carrier's word for a leg, None where it has no such call; whether it is over.

    It goes the way of every report, so it changes nothing where the lost one came after all.
    """
    status = found.status if found else UNKNOWN
    over = status in TERMINAL
    key = status if over else f"{status}:{at.isoformat()}"
    event = CarrierEvent(
        kind="lookup",
        carrier=leg.carrier,
        carrier_call=leg.carrier_call,
        direction="",
        from_number="",
        to_number="",
        status=status,
        received_at=at,
        dedup_key=f"{leg.carrier_call}:lookup:{key}",
        carrier_at=found.ended_at if found and over else None,
        leg_id=leg.leg_id,
    )
    with unit_of_work(system_actor(leg.org_id, "sweeper"), now=at) as uow:
        folding.hear(uow, event)
    if over:
        log.info("lost_call_recovered", call=str(leg.call_id), leg=str(leg.leg_id), status=status)
    return over
