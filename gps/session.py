"""One TCP connection of one terminal, from its first byte to its last."""

import asyncio
import threading
from collections import OrderedDict, deque
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast
from uuid import UUID

from core.clock import monotonic, now
from core.logging import logger
from gps.fix import Fix
from gps.intake import Acknowledgement, Intake, Pending
from gps.jt808 import downlink, uplink
from gps.jt808.framing import Frame, FrameCutter, FrameError, Reassembler, build_message, part_count
from gps.terminals import Terminal

log = logger(__name__)

REMEMBERED_SERIALS = 512


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and counts that bound what one connection may cost."""

    idle_seconds: float = 300.0
    login_seconds: float = 30.0
    bad_frames: int = 100
    waiting_frames: int = 1000
    unsent_bytes: int = 1 << 20


class Gatekeeper(Protocol):
    """What a session needs of its gateway."""

    intake: Intake
    limits: Limits
    quarantine: bool
    zone: Any

    async def register(self, identity: str) -> str | None: ...

    async def authenticate(self, session: "Session", code: str) -> Terminal | None: ...

    async def pressed(self, terminal: Terminal, number: int) -> int: ...

    def answered(self, org_id: int, message_id: UUID, result: int) -> None: ...

    def opened(self, session: "Session") -> None: ...

    def closed(self, session: "Session") -> None: ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> None: ...


@dataclass(slots=True)
class Outgoing:
    """A text under way; it is confirmed when every part is."""

    org_id: int
    message_id: UUID
    unconfirmed: set[int]


class Session(asyncio.Protocol):
    """Cuts, answers and hands on. Frames are taken strictly in order; nothing here blocks."""

    def __init__(self, gateway: Gatekeeper) -> None:
        self.gateway = gateway
        self.identity = ""
        self.header = Frame(0, "0" * 12, 0, b"")
        self.terminal: Terminal | None = None
        self.quarantined = False
        self.last_frame = self.since = monotonic()
        self._transport: asyncio.Transport | None = None
        self._cutter, self._parts = FrameCutter(), Reassembler()
        self._serial, self._serial_lock = 0, threading.Lock()
        self._outgoing: OrderedDict[int, Outgoing] = OrderedDict()
        self._backlog: deque[Frame] = deque()
        self._identifying = False
        self._bad = 0
        self._unacknowledged = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self.gateway.limits.unsent_bytes)
        self.gateway.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio calls it so
        self._transport = None
        self.gateway.closed(self)

    def pause_writing(self) -> None:
        """The terminal sends and never reads: its acknowledgements would fill the memory."""
        self.close("does not read")

    def data_received(self, data: bytes) -> None:
        for found in self._cutter.feed(data):
            if isinstance(found, FrameError):
                self._refuse(found)
            elif self._identifying:
                self._backlog.append(found)
            else:
                self._guarded(found)
        self._apply_backpressure()

    def close(self, reason: str) -> None:
        if self._transport is not None:
            log.info("terminal_disconnected", identity=self.identity, reason=reason)
            self._transport.close()

    def acknowledge(self, acknowledgements: Sequence[Acknowledgement]) -> None:
        """General acknowledgements (0x8001), in one write."""
        self._unacknowledged -= len(acknowledgements)
        self._send(
            [
                (downlink.PLATFORM_ACK, downlink.build_platform_ack(*acknowledgement))
                for acknowledgement in acknowledgements
            ]
        )
        self._apply_backpressure()

    def resume(self) -> None:
        self._apply_backpressure()

    def reserve(self, count: int) -> int:
        """The first of `count` serials of ours. Called from any thread."""
        with self._serial_lock:
            first = self._serial
            self._serial = (first + count) & 0xFFFF
        return first

    def text_body(self, text: str) -> bytes:
        """Body of 0x8300 in the version that this terminal speaks."""
        flags = downlink.TEXT_URGENT | downlink.TEXT_DISPLAY | downlink.TEXT_SPOKEN
        return downlink.build_text(text, flags=flags, version=self.header.version)

    def reserve_text(self, text: str) -> list[int]:
        """Serials for all parts of a text."""
        count = part_count(self.text_body(text))
        first = self.reserve(count)
        return [(first + index) & 0xFFFF for index in range(count)]

    def send_text(self, org_id: int, message_id: UUID, text: str, serials: list[int]) -> None:
        """Send 0x8300 under reserved serials; the terminal's 0x0001 is matched by them."""
        outgoing = Outgoing(org_id, message_id, set(serials))
        for serial in serials:
            self._outgoing[serial] = outgoing
            self._outgoing.move_to_end(serial)
        while len(self._outgoing) > REMEMBERED_SERIALS:
            self._outgoing.popitem(last=False)
        frames = build_message(
            downlink.TEXT,
            self.text_body(text),
            terminal=self.header.terminal,
            serial=serials[0],
            version=self.header.version,
        )
        if self._transport is not None:
            self._transport.write(b"".join(frames))

    def _guarded(self, frame: Frame) -> None:
        """Nothing that one terminal sends may end the gateway."""
        try:
            self._take(frame)
        except Exception:
            log.exception("terminal_frame_failed", identity=self.identity, frame=frame.message_id)
            self.close("internal error")

    def _take(self, frame: Frame) -> None:
        self.last_frame, self._bad = monotonic(), 0
        if self.terminal is None:
            self.header, self.identity = frame, frame.identity
        elif frame.identity != self.identity:
            self._answer(frame, downlink.FAILED)
            return
        try:
            whole = self._parts.add(frame)
            if whole is None:
                self._answer(frame, downlink.OK if self.terminal else downlink.FAILED)
                self._ask_missing(frame)
                return
            message = uplink.parse(whole, self.gateway.zone)
        except (uplink.BodyError, FrameError) as error:
            log.info("terminal_message_unreadable", identity=self.identity, reason=str(error))
            self._answer(frame, downlink.BAD_MESSAGE)
            return
        self._handle(whole, message)

    def _handle(self, frame: Frame, message: uplink.Uplink) -> None:
        match message:
            case uplink.Location():
                self._positions(frame, (message,))
            case uplink.Batch(locations=locations):
                self._positions(frame, locations)
            case uplink.EventKey(number=number) if self.terminal:
                self.gateway.spawn(self._pressed(frame, self.terminal, number))
            case uplink.TerminalAck():
                self._confirmed(message)
            case uplink.Register():
                self._identify(self._register(frame))
            case uplink.Authenticate(code=code):
                self._identify(self._authenticate(frame, code))
            case uplink.Heartbeat() | uplink.Logout() if self.terminal or self.quarantined:
                self._answer(frame, downlink.OK)
                if isinstance(message, uplink.Logout):
                    self.close("logged out")
            case uplink.Unsupported() if self.terminal or self.quarantined:
                self._answer(frame, downlink.UNSUPPORTED)
            case _:
                self._answer(frame, downlink.FAILED)

    def _positions(self, frame: Frame, locations: Sequence[uplink.Location]) -> None:
        if self.terminal is None:
            self._answer(frame, downlink.FAILED)
            return
        received = now()
        device_id = self.terminal.id
        fixes = tuple(_fix(device_id, location, received, frame.serial) for location in locations)
        self._unacknowledged += 1
        self.gateway.intake.put(
            Pending(self, frame.serial, frame.message_id, self.terminal.org_id, fixes)
        )

    def _confirmed(self, ack: uplink.TerminalAck) -> None:
        outgoing = self._outgoing.get(ack.serial)
        if ack.message_id != downlink.TEXT or outgoing is None:
            return
        del self._outgoing[ack.serial]
        outgoing.unconfirmed.discard(ack.serial)
        if ack.result != downlink.OK or not outgoing.unconfirmed:
            self.gateway.answered(outgoing.org_id, outgoing.message_id, ack.result)

    async def _pressed(self, frame: Frame, terminal: Terminal, number: int) -> None:
        """A key is answered after it is recorded; unanswered, the terminal reports it again."""
        try:
            result = await self.gateway.pressed(terminal, number)
        except Exception as error:  # the database is away
            log.warning("key_not_recorded", identity=self.identity, reason=str(error)[:200])
            return
        self._answer(frame, result)

    def _ask_missing(self, frame: Frame) -> None:
        if self.terminal is None or frame.package is None or frame.package[0] != frame.package[1]:
            return
        first, missing = self._parts.first_serial(frame), self._parts.missing(frame)
        version = self.header.version
        body = downlink.build_ask_missing(first, missing, version=version)
        self._send([(downlink.ASK_MISSING, body)])

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

    async def _register(self, frame: Frame) -> None:
        code = await self.gateway.register(frame.identity)
        if code is None and self.gateway.quarantine:
            code = "quarantine"
        result = downlink.REGISTER_OK if code else downlink.REGISTER_NO_TERMINAL
        body = downlink.build_register_ack(frame.serial, result, code or "")
        self._send([(downlink.REGISTER_ACK, body)])

    async def _authenticate(self, frame: Frame, code: str) -> None:
        known = await self.gateway.authenticate(self, code)
        self.terminal = known or self.terminal
        self.quarantined = self.terminal is None and self.gateway.quarantine
        accepted = known is not None or self.quarantined
        self._answer(frame, downlink.OK if accepted else downlink.FAILED)

    def _answer(self, frame: Frame, result: int) -> None:
        body = downlink.build_platform_ack(frame.serial, frame.message_id, result)
        self._send([(downlink.PLATFORM_ACK, body)])

    def _send(self, messages: Sequence[tuple[int, bytes]]) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        first = self.reserve(len(messages))
        wires = [
            frame
            for index, (message_id, body) in enumerate(messages)
            for frame in build_message(
                message_id,
                body,
                terminal=self.header.terminal,
                serial=(first + index) & 0xFFFF,
                version=self.header.version,
            )
        ]
        self._transport.write(b"".join(wires))

    def _refuse(self, error: FrameError) -> None:
        self._bad += 1
        log.debug("terminal_frame_refused", identity=self.identity, reason=str(error))
        self.gateway.intake.counts["bad_frame"] += 1
        if self._bad >= self.gateway.limits.bad_frames:
            self.close("only garbage")

    def _apply_backpressure(self) -> None:
        transport, limits = self._transport, self.gateway.limits
        if transport is None or transport.is_closing():
            return
        crowded = max(self._unacknowledged, len(self._backlog)) >= limits.waiting_frames
        if self.gateway.intake.full:
            self.gateway.intake.hold_back(self)
        if crowded or self.gateway.intake.full:
            transport.pause_reading()
        else:
            transport.resume_reading()


def _fix(device_id: UUID, location: uplink.Location, received: Any, serial: int) -> Fix:
    return Fix(
        device_id=device_id,
        fix_at=location.fix_at,
        received_at=received,
        lat=location.lat,
        lon=location.lon,
        speed_kmh=location.speed_kmh,
        course_deg=location.course_deg,
        altitude_m=location.altitude_m,
        alarm_bits=location.alarm_bits,
        status_bits=location.status_bits,
        positioned=location.positioned,
        serial=serial,
    )
