"""What the connections of all protocols over TCP have in common: limits, waiting, an end."""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Generic, Protocol, TypeVar, cast

from core.clock import monotonic
from core.logging import logger
from gps.fix import Fix
from gps.intake import Acknowledgement, Intake
from gps.quirks import ClockWatch, Quirks, zone_of
from gps.terminals import Login, Terminal

log = logger(__name__)

Cut = TypeVar("Cut")
"""One whole frame of the protocol."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and counts that bound what one connection may cost."""

    idle_seconds: float = 300.0
    login_seconds: float = 30.0
    bad_frames: int = 100
    waiting_frames: int = 1000
    unsent_bytes: int = 1 << 20
    goodbye_seconds: float = 3.0


class Host(Protocol):
    """What a connection needs of its gateway."""

    intake: Intake
    limits: Limits

    async def authenticate(self, session: "Connection[Any]", told: Mapping[str, Any]) -> Login: ...

    async def detain(self, session: "Connection[Any]", fixes: Sequence[Fix]) -> bool: ...

    def foreign(self, session: "Connection[Any]", identity: str) -> None: ...

    def retired(self, session: "Connection[Any]") -> None: ...

    def opened(self, session: "Connection[Any]") -> None: ...

    def closed(self, session: "Connection[Any]") -> None: ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> None: ...


class Connection(asyncio.Protocol, ABC, Generic[Cut]):
    """From its first byte to its last. Frames are taken strictly in order; nothing here blocks.

    `code`: what the device has shown to prove who it is; None: its protocol has no such thing.
    `zone`: in which the protocol reads the clocks of devices.
    """

    protocol: str
    code: str | None = None
    gateway: Host

    def __init__(self, gateway: Host, zone: tzinfo) -> None:
        self.gateway = gateway
        self.identity = ""
        self.terminal: Terminal | None = None
        self.quarantined = False
        self.address = ""
        self.clock = ClockWatch()
        self.successor: str | None = None
        """Where the connection came from that took its place."""
        self.alive = self.spoke = False
        """What was heard of it after that: anything at all; a frame."""
        self.last_frame = self.since = monotonic()
        self._unread = False
        self._retired_at = 0.0
        self._transport: asyncio.Transport | None = None
        self._backlog: deque[Cut] = deque()
        self._identifying = False
        self._bad = 0
        self._usual_zone = self._zone = zone
        self._quirks = Quirks()

    @property
    @abstractmethod
    def waiting(self) -> int:
        """Messages that are not answered yet."""

    @abstractmethod
    def acknowledge(self, acknowledgements: Sequence[Acknowledgement]) -> None:
        """Positions are stored, or were refused for good."""

    @abstractmethod
    def _cut(self, data: bytes) -> Iterable[Cut | Exception]:
        """Whole frames, and what is none."""

    @abstractmethod
    def _take(self, frame: Cut) -> None:
        """A frame, in its turn."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self.gateway.limits.unsent_bytes)
        self.address = str((transport.get_extra_info("peername") or [""])[0])
        self.gateway.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.alive = self.alive or (exc is not None and not self._unread)
        self.gateway.closed(self)
        if self.successor is not None:
            self.gateway.retired(self)

    def eof_received(self) -> None:
        """The other end is there, and hangs up."""
        self.alive = not self._unread

    def pause_writing(self) -> None:
        """The terminal sends and never reads: its acknowledgements would fill the memory."""
        self.close("does not read")

    def data_received(self, data: bytes) -> None:
        for found in self._cut(data):
            if self.successor is not None:
                self._heard_of_the_retired(found)
            elif isinstance(found, Exception):
                self._refuse(found)
            elif self._identifying:
                self._backlog.append(found)
            else:
                self._guarded(found)
        self._apply_backpressure()

    def close(self, reason: str) -> None:
        if self._transport is not None and not self._transport.is_closing():
            log.info("terminal_disconnected", identity=self.identity, reason=reason)
            self._transport.close()
            self._abort_soon()

    def retire(self, successor: str) -> None:
        """A newer connection of the same terminal, from that address, is taken instead.

        The line is closed in our direction only at first: what a living device answers to that
        tells it from one that is gone and has merely come back.
        """
        if self._transport is None or self.successor is not None:
            return
        log.info("terminal_disconnected", identity=self.identity, reason="replaced by a newer")
        self.successor = successor
        self._retired_at = monotonic()
        self._unread = not self._transport.is_reading()
        self._transport.resume_reading()
        if self._transport.can_write_eof():  # TLS cannot
            self._transport.write_eof()
        self._abort_soon()

    def _heard_of_the_retired(self, found: Cut | Exception) -> None:
        """What was on its way, or had not been read, when it was retired says nothing."""
        on_its_way = monotonic() - self._retired_at < self.gateway.limits.goodbye_seconds / 6
        if not self._unread and not on_its_way:
            self.alive = True
            self.spoke = self.spoke or not isinstance(found, Exception)

    def _abort_soon(self) -> None:
        """Who does not read what is left to send would keep the connection for ever."""
        loop = asyncio.get_running_loop()
        loop.call_later(self.gateway.limits.goodbye_seconds, self._abort)

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def behave(self, quirks: Quirks, *, contested: bool) -> None:
        """Read its positions with these from now on."""
        if self.terminal is not None and self.terminal.contested != contested:
            self.terminal = self.terminal._replace(contested=contested)
        if quirks != self._quirks:
            self._quirks, self.clock = quirks, ClockWatch()
            self._zone = zone_of(quirks.time_zone, self._usual_zone)

    def admit(self, terminal: Terminal) -> None:
        """This is who it is."""
        self.terminal, self.quarantined = terminal, False
        self.behave(terminal.quirks, contested=terminal.contested)

    def let_in(self) -> None:
        """It was a stranger, and is known by now."""

    def resume(self) -> None:
        self._apply_backpressure()

    def _guarded(self, frame: Cut) -> None:
        """Nothing that one terminal sends may end the gateway."""
        try:
            self._take(frame)
        except Exception:
            log.exception("terminal_frame_failed", identity=self.identity, protocol=self.protocol)
            self.close("internal error")

    async def _kept(self, fixes: Sequence[Fix]) -> bool:
        """Whether positions of a stranger in quarantine are kept."""
        try:
            return await self.gateway.detain(self, fixes)
        except Exception as error:  # the database is away
            log.warning("position_not_kept", identity=self.identity, reason=str(error)[:200])
            return False

    def _identify(self, work: Coroutine[Any, Any, None]) -> None:
        """Frames wait until the database has said who this is."""
        self._identifying = True
        self.gateway.spawn(self._identified(work))

    async def _identified(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            log.warning("terminal_login_failed", identity=self.identity, reason=str(error)[:200])
            self.close("login failed")
        self._identifying = False
        while self._backlog and not self._identifying:
            self._guarded(self._backlog.popleft())
        self._apply_backpressure()

    def _write(self, data: bytes) -> None:
        """Nothing goes to one that has hung up or was replaced."""
        if self._transport is None or self._transport.is_closing() or self.successor is not None:
            return
        self._transport.write(data)

    def _refuse(self, error: Exception) -> None:
        self._bad += 1
        log.debug("terminal_frame_refused", identity=self.identity, reason=str(error))
        self.gateway.intake.counts["bad_frame"] += 1
        if self._bad >= self.gateway.limits.bad_frames:
            self.close("only garbage")

    def _apply_backpressure(self) -> None:
        transport, limits = self._transport, self.gateway.limits
        if transport is None or transport.is_closing():
            return
        crowded = max(self.waiting, len(self._backlog)) >= limits.waiting_frames
        intake = self.gateway.intake
        held = intake.full or (self.terminal is not None and intake.backlogged(self.terminal.id))
        if held:
            intake.hold_back(self)
        if crowded or held:
            transport.pause_reading()
        else:
            transport.resume_reading()
