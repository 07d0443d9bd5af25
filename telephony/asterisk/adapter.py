"""`paidan asterisk`: keeps the connection to the exchange; one works, others stand by."""

import asyncio
import base64
import json

import psycopg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from core.clock import now
from core.db import read_session
from core.listen import listening
from core.logging import logger
from core.settings import Settings
from core.trouble import Trouble
from telephony import caller_repository as repository
from telephony import sweep
from telephony.asterisk import ari
from telephony.asterisk.ari import AriAsync
from telephony.asterisk.client import AsteriskGateway
from telephony.asterisk.player import Player
from telephony.asterisk.reports import CARRIER
from telephony.asterisk.speech import Speech
from telephony.gateway import CarrierFailed

LEADER = 0x50414941
"""Key of the lock that the adapter which works holds."""
STAND_BY_S = 1.0
BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
STEADY_S = 30.0
OPEN_S = 5.0
MAX_EVENT = 4 * 1024 * 1024
LEGS = 1000
log = logger(__name__)


class WrongLogin(Exception):
    """The exchange refuses user or password: a person has to help."""


class Replaced(Exception):
    """Another program listens to the exchange in our place."""


class Adapter:
    """One adapter. `taken_up` is set while it listens."""

    def __init__(self, own: Settings, gateway: AsteriskGateway) -> None:
        self.stopping = asyncio.Event()
        self.taken_up = asyncio.Event()
        self._own = own
        self._gateway = gateway
        folder = own.asterisk_sounds or own.data_dir / "sounds"
        self._speech = Speech(folder, own.asterisk_voice)
        self._trouble = Trouble(log, "exchange_unreachable")

    async def run(self) -> None:
        """Work until `stopping` is set. Raises WrongLogin, Replaced."""
        tries = 0
        while not self.stopping.is_set():
            try:
                await self._connected()
                tries = 0
            except InvalidStatus as refused:
                if refused.response.status_code in ari.UNAUTHORIZED:
                    raise WrongLogin from None
                self._trouble.failed(OSError(f"HTTP {refused.response.status_code}"))
            except (OSError, WebSocketException, CarrierFailed) as error:
                tries = 0 if self.taken_up.is_set() else tries
                self._trouble.failed(OSError(type(error).__name__))
            self.taken_up.clear()
            await _wait(self.stopping, BACKOFF_S[min(tries, len(BACKOFF_S) - 1)])
            tries += 1

    async def _connected(self) -> None:
        assert self._own.asterisk_url is not None
        user, password = login = ari.credentials(self._own)
        word = base64.b64encode(f"{user}:{password}".encode()).decode()
        link = AriAsync(self._own.asterisk_url, login)
        try:
            async with connect(
                ari.events_url(self._own.asterisk_url),
                additional_headers={"Authorization": f"Basic {word}"},
                open_timeout=OPEN_S,
                max_size=MAX_EVENT,
            ) as events:
                player = Player(link, self._own, self._speech)
                try:
                    await self._listen(events, player)
                finally:
                    await player.close()
        finally:
            await link.close()

    async def _listen(self, events: ClientConnection, player: Player) -> None:
        known = await asyncio.to_thread(_open_legs)
        alive = await player.take_up()
        await asyncio.to_thread(
            self._settle, [one for one in known if one.carrier_call not in alive]
        )
        self.taken_up.set()
        log.info("exchange_connected", channels=len(alive))
        closing = asyncio.create_task(self._close(events))
        try:
            async for words in events:
                event = json.loads(words)
                if event["type"] == "ApplicationReplaced":
                    raise Replaced
                await player.hear(event)
        finally:
            closing.cancel()

    async def _close(self, events: ClientConnection) -> None:
        await self.stopping.wait()
        await events.close()

    def _settle(self, gone: list[repository.SilentLeg]) -> None:
        """Legs that have ended while nobody listened: the exchange is asked when."""
        for leg in gone:
            sweep.settle(leg, self._gateway.call(leg.carrier_call), now())


def _open_legs() -> list[repository.SilentLeg]:
    with read_session() as session:
        found = repository.silent_legs(session, now(), LEGS)
    return [one for one in found if one.carrier == CARRIER]


async def _wait(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return


async def lead(stopping: asyncio.Event, adapter: Adapter) -> None:
    """Work while no other adapter does. Raises as `Adapter.run` does."""
    trouble = Trouble(log, "adapter_stands_by")
    while not stopping.is_set():
        try:
            with listening(name="paidan-asterisk") as connection:
                if _leads(connection):
                    await adapter.run()
        except psycopg.OperationalError as error:
            trouble.failed(error)
        await _wait(stopping, STAND_BY_S)


def _leads(connection: psycopg.Connection) -> bool:
    found = connection.execute("SELECT pg_try_advisory_lock(%s)", (LEADER,)).fetchone()
    return found is not None and bool(found[0])
