"""The gateway process: devices of all protocols, positions in, orders out."""

import asyncio
import gc
import signal
import socket
import ssl
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, tzinfo
from functools import partial
from types import TracebackType
from typing import Any, ParamSpec, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from core.clock import monotonic, now, real_now
from core.ids import new_id
from core.logging import configure_logging, logger
from core.settings import settings
from core.uow import ConcurrentChange
from gps import listening, messages, ownership, terminals
from gps.connection import Connection, Limits
from gps.door import Door
from gps.fix import Fix
from gps.intake import Intake
from gps.jt808.uplink import Answer, Attributes, Register, TerminalAck
from gps.line import Line
from gps.listeners import Listener, listeners
from gps.messenger import Messenger
from gps.protocols.seam import Wire
from gps.publish import Publisher
from gps.session import Session
from gps.terminals import Hold, Login, Terminal
from gps.web import WebPort

log = logger(__name__)

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

STOP_SECONDS = 8.0
LOGIN_THREADS = 4
TRIES = 4
GARBAGE = (50_000, 20, 50)
"""Positions make hundreds of thousands of objects a second and hardly a cycle: as often as usual,
the collector would take a third of the time.
"""


class Gateway:
    """All connections of this process. Use as an asynchronous context manager.

    `port` (of JT/T 808) 0 takes a free one; `self.port` says which. `listeners`: the other ports;
    `self.ports` says which these are, by the name of the protocol.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        listeners: Sequence[Listener] = (),
        limits: Limits | None = None,
        quarantine: bool | None = None,
        tend_seconds: float = 5.0,
        poll_seconds: float = 1.0,
        stalled_seconds: float = ownership.STALLED_SECONDS,
    ) -> None:
        own = settings()
        self.id = f"{socket.gethostname()}/{new_id()}"
        self.host, self.port = host, port
        self.limits = limits or Limits()
        keeps = own.gps_unknown_devices == "quarantine" if quarantine is None else quarantine
        self.zone: tzinfo = ZoneInfo(own.jt808_timezone)
        self.sessions: set[Connection[Any]] = set()
        self.active: dict[UUID, Connection[Any]] = {}
        self.door = Door(self.id, self.active, self._ask, quarantine=keeps, zone=self.zone)
        self.publisher = Publisher(own.redis_url)
        self.intake = Intake(own.gps_flush_seconds, self.publisher.put)
        self.messenger = Messenger(self.id, self.active, poll_seconds)
        self._shares_ports = own.gps_processes > 1
        self._tend_seconds, self._stalled_seconds = tend_seconds, stalled_seconds
        self._logins = ThreadPoolExecutor(LOGIN_THREADS, thread_name_prefix="logins")
        self._tasks: set[asyncio.Task[None]] = set()
        self._released: dict[int, set[UUID]] = {}
        self._failed: asyncio.Future[None] | None = None
        self.ports: dict[str, int] = {}
        self._listeners = listeners
        self._servers: list[asyncio.Server] = []
        self._web: list[WebPort] = []

    async def __aenter__(self) -> "Gateway":
        loop = asyncio.get_running_loop()
        self._failed = loop.create_future()
        self.port = await self._listen(lambda: Session(self), self.port)
        for one in self._listeners:
            self.ports[one.speaks.name] = await self._listen(self._makes(one), one.port, one.tls)
        self._intake = self._keep(self.intake.run())
        self._background = [
            self._keep(self.publisher.run()),
            self._keep(self.messenger.run()),
            self._keep(self.messenger.listen()),
            self._keep(self._tend()),
        ]
        log.info(
            "gateway_listens", host=self.host, port=self.port, more=self.ports, gateway=self.id
        )
        return self

    async def _listen(
        self,
        makes: Callable[[], asyncio.BaseProtocol],
        port: int,
        tls: ssl.SSLContext | None = None,
    ) -> int:
        """The port that connections are accepted on from now on."""
        server = await asyncio.get_running_loop().create_server(
            makes,
            self.host,
            port,
            backlog=1024,
            reuse_address=True,
            reuse_port=self._shares_ports or None,
            ssl=tls,
            ssl_handshake_timeout=self.limits.login_seconds if tls else None,
        )
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    def _makes(self, one: Listener) -> Callable[[], asyncio.BaseProtocol]:
        if isinstance(one.speaks, Wire):
            return partial(Line, self, one.speaks)
        port = WebPort(one.speaks, self.door, self.intake, self.limits)
        self._web.append(port)
        return port.connection

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop reading, write and acknowledge what is in memory, let the terminals go."""
        for server in self._servers:
            server.close()
        self.intake.stop()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._intake), STOP_SECONDS)
        self.publisher.stop()
        for task in self._background:
            task.cancel()
        for session in list(self.sessions):
            session.close("gateway stops")
        for port in self._web:
            await port.stop()
        await asyncio.gather(*self._background, return_exceptions=True)
        with suppress(Exception):
            await self._release()
            await self._ask(listening.over, self.id, now())
        with suppress(Exception):
            await self.door.notices.write(self._ask, now())
        await self.publisher.close()
        await asyncio.to_thread(self.messenger.close)
        await asyncio.to_thread(self._logins.shutdown, cancel_futures=True)

    async def failed(self) -> None:
        """Waits until a part of the gateway ends with an error, and raises it."""
        if self._failed is not None:
            await asyncio.shield(self._failed)

    async def register(self, session: Session, message: Register) -> tuple[int, str]:
        return await self.door.register(session, message)

    async def authenticate(self, session: Connection[Any], told: Mapping[str, Any]) -> Login:
        """Let a session in; a newer connection of a terminal replaces the older one."""
        login = await self.door.authenticate(session, told)
        if login.result == "ok" and login.terminal is not None:
            self._let_in(session, login.terminal)
        return login

    def _let_in(self, session: Connection[Any], terminal: Terminal) -> None:
        older = self.active.get(terminal.id)
        if older is not None and older is not session:
            older.retire(session.address)
        if session not in self.sessions:  # it hung up while the database was asked
            self._released.setdefault(terminal.org_id, set()).add(terminal.id)
            return
        self.active[terminal.id] = session
        self._released.get(terminal.org_id, set()).discard(terminal.id)
        self.messenger.wake(terminal.org_id)

    async def detain(self, session: Connection[Any], fixes: Sequence[Fix]) -> bool:
        return await self.door.detain(session, fixes)

    def tells(self, session: Session, message: Attributes) -> None:
        self.door.tells(session, message)

    def cannot(self, session: Session, what: str) -> None:
        self.door.cannot(session, what)

    def foreign(self, session: Connection[Any], identity: str) -> None:
        self.door.foreign(session, identity)

    def retired(self, session: Connection[Any]) -> None:
        self.door.retired(session)

    async def pressed(self, terminal: Terminal, number: int) -> int:
        return await self._ask(messages.pressed, terminal.org_id, terminal.id, number, now())

    async def replied(self, terminal: Terminal, answer: Answer) -> int:
        return await self._ask(
            messages.replied, terminal.org_id, terminal.id, answer.serial, answer.answer, now()
        )

    def answered(self, terminal: Terminal, ack: TerminalAck) -> None:
        self.messenger.answered(terminal, ack)

    def opened(self, session: Connection[Any]) -> None:
        self.sessions.add(session)

    def closed(self, session: Connection[Any]) -> None:
        self.sessions.discard(session)
        terminal = session.terminal
        if terminal is not None and self.active.get(terminal.id) is session:
            del self.active[terminal.id]
            self._released.setdefault(terminal.org_id, set()).add(terminal.id)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._keep(work)

    def _keep(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or self._failed is None or self._failed.done():
            return
        if (error := task.exception()) is not None:
            log.error("gateway_part_failed", exc_info=error)
            self._failed.set_exception(error)

    async def _ask(
        self,
        function: Callable[Arguments, Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Call something that talks to the database, off the loop.

        Two facts about one vehicle or device at the same moment: the second is recorded anew.
        """
        loop = asyncio.get_running_loop()
        for _ in range(TRIES - 1):
            with suppress(ConcurrentChange):
                return await loop.run_in_executor(self._logins, partial(function, *args, **kwargs))
        return await loop.run_in_executor(self._logins, partial(function, *args, **kwargs))

    async def _tend(self) -> None:
        """Close the silent, note who is connected, let go of what another gateway holds now, and
        free the vehicles of one that stands still.
        """
        while True:
            self._close_silent(monotonic())
            try:
                await self._end_stalled()
                await self._ask(listening.say, self.id, "terminal", now(), real_now())
                await self._release()
                await self._hold(now())
                await self._adopt()
                self.door.look_at_clocks()
                await self.door.notices.write(self._ask, now())
            except Exception as error:
                log.warning("gateway_cannot_tend", reason=repr(error)[:200])
            if self.intake.counts:
                log.debug("gateway_counts", **self.intake.counts)
            await asyncio.sleep(self._tend_seconds)

    def _close_silent(self, moment: float) -> None:
        for session in list(self.sessions):
            if session.terminal is None and not session.quarantined:
                if moment - session.since > self.limits.login_seconds:
                    session.close("did not log in")
            elif moment - session.last_frame > self.limits.idle_seconds and not self.intake.full:
                session.close("silent")

    async def _release(self) -> None:
        released, self._released = self._released, {}
        try:
            for org_id, devices in released.items():
                if devices:
                    await self._ask(terminals.release, org_id, devices, self.id, now())
        except Exception:
            for org_id, devices in released.items():
                self._released.setdefault(org_id, set()).update(devices - self.active.keys())
            raise

    async def _end_stalled(self) -> None:
        if ended := await self._ask(ownership.end_stalled, self._stalled_seconds):
            log.warning("stalled_batches_ended", batches=ended)

    async def _hold(self, moment: datetime) -> None:
        by_org: dict[int, dict[UUID, Connection[Any]]] = {}
        for device_id, session in self.active.items():
            if session.terminal is not None:
                by_org.setdefault(session.terminal.org_id, {})[device_id] = session
        for org_id, sessions in by_org.items():
            held = await self._ask(terminals.still_held, org_id, set(sessions), self.id, moment)
            for device_id, session in sessions.items():
                self._heed(session, held.get(device_id))

    def _heed(self, session: Connection[Any], hold: Hold | None) -> None:
        """What the registry says of a connection: it may have changed since the login."""
        if hold is not None and hold.mine:
            session.behave(hold.quirks, contested=hold.contested)
        elif hold is not None and hold.elsewhere:
            session.retire(hold.address)
        else:
            session.close("no longer let in")

    async def _adopt(self) -> None:
        """Strangers that are known by now need not come again."""
        waiting = [session for session in self.sessions if session.quarantined]
        for session, terminal in await self.door.adopt(waiting, self.publisher.put):
            session.admit(terminal)
            self._let_in(session, terminal)
            session.let_in()


async def serve() -> None:
    """Run a gateway until SIGTERM or SIGINT, or until a part of it fails."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    own = settings()
    async with Gateway(
        host=own.host, port=own.effective_jt808_port, listeners=listeners(own)
    ) as gateway:
        stopped = asyncio.ensure_future(stop.wait())
        failed = asyncio.ensure_future(gateway.failed())
        await asyncio.wait({stopped, failed}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not failed.cancel():
            failed.result()


def main() -> None:
    """`paidan gps`: returns after a signal. The caller has installed the wiring of events."""
    configure_logging("gps")
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    try:
        import uvloop
    except ImportError:  # not made for this platform
        asyncio.run(serve())
    else:
        uvloop.run(serve())


if __name__ == "__main__":
    main()
