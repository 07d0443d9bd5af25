"""Sends texts to the terminals of this gateway and records their answers."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from core.clock import now
from core.listen import listening_async
from core.logging import logger
from gps import messages
from gps.connection import Connection
from gps.jt808.framing import part_count
from gps.jt808.uplink import TerminalAck
from gps.messages import Sending
from gps.service import WAKE_CHANNEL
from gps.session import Session
from gps.terminals import Terminal

log = logger(__name__)

RETRY_S = 1.0


class Answer(NamedTuple):
    """What a terminal said to a message, and when it arrived."""

    org_id: int
    device_id: UUID
    serial: int
    message_id: int
    result: int
    at: datetime


class Messenger:
    """`active` is the gateway's own table of connected devices.

    It looks every `poll_seconds` behind NOTIFY, which is lost when nobody listens.
    """

    def __init__(
        self, gateway_id: str, active: dict[UUID, Connection[Any]], poll_seconds: float = 1.0
    ) -> None:
        self._poll_seconds = poll_seconds
        self._gateway_id = gateway_id
        self._active = active
        self._answers: asyncio.Queue[Answer] = asyncio.Queue()
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="messages")

    def wake(self, _org_id: int | None = None) -> None:
        """Something may be due."""
        self._wake.set()

    def answered(self, terminal: Terminal, ack: TerminalAck) -> None:
        """Record an answer soon."""
        self._answers.put_nowait(
            Answer(terminal.org_id, terminal.id, ack.serial, ack.message_id, ack.result, now())
        )
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled. An answer is tried again until it is recorded."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_seconds):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self._record_answers()
                await self._send_due()
            except Exception as error:
                log.warning("messages_wait_for_database", reason=str(error)[:200])
                await asyncio.sleep(RETRY_S)

    def close(self) -> None:
        """Wait for the transaction under way. Blocks; call it off the loop."""
        self._thread.shutdown(cancel_futures=True)

    async def listen(self) -> None:
        """Wake at once when a message is queued for a terminal that is connected here."""
        while True:
            try:
                async with listening_async(WAKE_CHANNEL, name="paidan-messages") as connection:
                    self._wake.set()
                    async for notice in connection.notifies():
                        if _device(notice.payload) in self._active:
                            self._wake.set()
            except psycopg.Error as error:
                log.warning("messages_not_announced", reason=str(error)[:200])
            await asyncio.sleep(RETRY_S)

    async def _record_answers(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._answers.empty():
            answer = self._answers.get_nowait()
            try:
                await loop.run_in_executor(self._thread, messages.answered, *answer)
            except Exception:
                self._answers.put_nowait(answer)
                raise

    async def _send_due(self) -> None:
        loop = asyncio.get_running_loop()
        orgs = {session.terminal.org_id for session in self._active.values() if session.terminal}
        for org_id in orgs:
            sendings = await loop.run_in_executor(
                self._thread, messages.claim, org_id, self._gateway_id, self._parts
            )
            for sending in sendings:
                self._send(sending)
            if len(sendings) == messages.CLAIM_LIMIT:
                self._wake.set()

    def _parts(self, device_id: UUID, form: str, text: str) -> int | None:
        session = self._active.get(device_id)
        return part_count(session.body(form, text)) if isinstance(session, Session) else None

    def _send(self, sending: Sending) -> None:
        session = self._active.get(sending.device_id)
        if isinstance(session, Session):
            session.send_message(sending.form, sending.text, sending.serials)


def _device(payload: str) -> UUID | None:
    try:
        return UUID(payload)
    except ValueError:
        return None
