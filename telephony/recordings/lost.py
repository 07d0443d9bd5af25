"""Recordings of calls that are over, whose end the carrier has not told: it is asked for them."""

import threading
from datetime import datetime, timedelta

from core.clock import now
from core.correlation import correlated
from core.db import read_session
from core.logging import logger
from core.settings import settings
from core.trouble import Trouble
from telephony import service
from telephony.gateway import CarrierFailed, Gateway, RecordingFound
from telephony.recordings import repository
from telephony.recordings.repository import Lost
from telephony.recordings.rules import BEGAN, FAILED, STATE_OF
from telephony.rules import CarrierEvent

PAUSE_S = 30.0
AT_ONCE = 20
log = logger(__name__)


class LostRecordings:
    """Asks now and then, until it is stopped."""

    def __init__(self, gateway: Gateway, stopping: threading.Event) -> None:
        self._gateway = gateway
        self._stopping = stopping

    def run(self) -> None:
        """Work until stopped; a fault is logged, and the next turn comes."""
        trouble = Trouble(log, "sweep_of_recordings_interrupted")
        while not self._stopping.wait(PAUSE_S):
            try:
                self.turn(now())
            except Exception as error:
                trouble.failed(error)

    def turn(self, at: datetime) -> int:
        """Ask for those that are due, the oldest first; how many were found to be over."""
        since = at - timedelta(seconds=settings().lost_call_seconds)
        with read_session() as session:
            due = repository.unheard(session, since, AT_ONCE)
        over = 0
        for one in due:
            try:
                found = self._gateway.recording(one.carrier_recording)
            except CarrierFailed as failed:
                log.warning("lost_recording_not_looked_up", code=failed.code)
                break
            with correlated(str(one.call_id)):
                over += settle(one, found, at)
        return over


def settle(one: Lost, found: RecordingFound | None, at: datetime) -> bool:
    """Take the carrier's word, None where it has no such recording; whether it is over.

    It goes the way of every report, so it changes nothing where the lost one came after all.
    """
    event = found.event if found is not None else FAILED
    if event == BEGAN or event not in STATE_OF:
        return False
    service.receive(
        CarrierEvent(
            kind="recording",
            carrier=one.carrier,
            carrier_call="",
            direction="",
            from_number="",
            to_number="",
            status="",
            received_at=at,
            dedup_key=f"{one.carrier_recording}:recording:{event}",
            conference=str(one.call_id),
            event=event,
            recording=one.carrier_recording,
            recording_s=found.seconds if found else None,
            recording_at=found.begun_at if found else None,
            recorded=one.kind,
        )
    )
    return True
