"""A JT/T 808-2013 terminal in software, for replay, tests and simulation.

One object is one device. It keeps what was not acknowledged and sends it again after it has
connected anew, as real terminals do.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime, tzinfo
from types import TracebackType

from gps.jt808 import downlink, uplink
from gps.jt808.framing import Frame, FrameCutter, Reassembler, build_message
from gps.jt808.uplink import STATUS_ACC, STATUS_POSITIONED, Location

ANSWER_SECONDS = 15.0


class Refused(Exception):
    """The platform does not let this terminal in."""


class Disconnected(Exception):
    """The connection ended."""


def location(
    fix_at: datetime,
    lat: float,
    lon: float,
    *,
    speed_kmh: float = 0.0,
    course_deg: int = 0,
    ignition: bool = True,
) -> Location:
    """A valid position. `fix_at` aware; WGS-84 degrees, km/h, degrees from north."""
    return Location(
        alarm_bits=0,
        status_bits=STATUS_POSITIONED | (STATUS_ACC if ignition else 0),
        lat=lat,
        lon=lon,
        altitude_m=0,
        speed_kmh=speed_kmh,
        course_deg=course_deg,
        fix_at=fix_at,
    )


class Terminal:
    """`answer` decides about a text (0x8300): a result to acknowledge with, None for silence.

    `refuses` are ids of messages that it does not support. `texts` collects what was shown,
    `questions` those asked with their serials, `keys` the menu; `acked` counts acknowledged
    positions messages; `pending` holds bodies that are not acknowledged, in order of sending.
    `says`: what it tells of itself when it registers; `zone` that of its clock; `source` the
    address of this machine that it connects from; `attributes` what it answers to 0x8107.
    """

    def __init__(
        self,
        identity: str,
        *,
        code: str | None = None,
        answer: Callable[[str], int | None] = lambda _text: downlink.OK,
        refuses: Collection[int] = (),
        says: uplink.Register | None = None,
        zone: tzinfo = uplink.GMT8,
        source: str | None = None,
        attributes: uplink.Attributes | None = None,
    ) -> None:
        self.identity = identity.zfill(12)
        self.code = code
        self.answer = answer
        self.refuses = refuses
        self.says = says or uplink.Register(11, 100, "PAIDA", "SOFT", self.identity[-7:], 1, "")
        self.zone = zone
        self.source = source
        self.attributes = attributes
        self.texts: list[str] = []
        self.questions: list[tuple[int, downlink.Question]] = []
        self.keys: tuple[tuple[int, str], ...] = ()
        self.acked = 0
        self.resent = 0
        self.refused: list[int] = []
        self.pending: OrderedDict[int, tuple[int, bytes]] = OrderedDict()
        self._serial = 0
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._listening: asyncio.Task[None] | None = None
        self._answers: dict[int, asyncio.Future[downlink.Downlink]] = {}
        self._changed = asyncio.Condition()
        self._inbox: deque[str] = deque()
        self._asked: deque[tuple[int, downlink.Question]] = deque()

    async def __aenter__(self) -> "Terminal":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def connected(self) -> bool:
        return self._listening is not None and not self._listening.done()

    async def connect(self, host: str, port: int) -> None:
        """Connect, register when there is no code yet, authenticate, send the pending again.

        Refused when the platform says no; OSError when it cannot be reached.
        """
        await self.close()
        local = (self.source, 0) if self.source else None
        self._reader, self._writer = await asyncio.open_connection(host, port, local_addr=local)
        self._listening = asyncio.ensure_future(self._listen(self._reader))
        if self.code is None:
            await self.register()
        await self.authenticate()
        await self._send_pending()

    async def register(self) -> str:
        """0x0100: the code that the platform gives. Refused with its result otherwise."""
        reply = await self._ask(uplink.REGISTER, uplink.build_register(self.says))
        if not isinstance(reply, downlink.RegisterAck) or reply.result != downlink.REGISTER_OK:
            raise Refused(f"registration of {self.identity}: {reply}")
        self.code = reply.code
        return reply.code

    async def authenticate(self) -> None:
        """0x0102 with the code of the registration."""
        reply = await self._ask(uplink.AUTHENTICATE, uplink.build_authenticate(self.code or ""))
        if not isinstance(reply, downlink.PlatformAck) or reply.result != downlink.OK:
            raise Refused(f"authentication of {self.identity}: {reply}")

    async def heartbeat(self) -> int:
        """0x0002; the platform's result."""
        reply = await self._ask(uplink.HEARTBEAT, b"")
        return reply.result if isinstance(reply, downlink.PlatformAck) else downlink.FAILED

    async def send_location(self, position: Location) -> int:
        """0x0200, without waiting for the answer; its serial."""
        return await self._send_kept(uplink.LOCATION, uplink.build_location(position, self.zone))

    async def send_batch(self, positions: Sequence[Location], kind: int = 1) -> int:
        """0x0704, sub-packaged when long; the serial that its last part has."""
        return await self._send_kept(uplink.BATCH, uplink.build_batch(positions, kind, self.zone))

    async def press(self, number: int) -> int:
        """0x0301, a key of the menu; the platform's result."""
        reply = await self._ask(uplink.EVENT, uplink.build_event_key(uplink.EventKey(number)))
        return reply.result if isinstance(reply, downlink.PlatformAck) else downlink.FAILED

    async def reply(self, serial: int, answer: int) -> int:
        """0x0302, an answer to the question of this serial; the platform's result."""
        reply = await self._ask(uplink.ANSWER, uplink.build_answer(uplink.Answer(serial, answer)))
        return reply.result if isinstance(reply, downlink.PlatformAck) else downlink.FAILED

    async def send_raw(self, data: bytes) -> None:
        """Any bytes."""
        writer = self._open_writer()
        writer.write(data)
        with suppress(ConnectionError):
            await writer.drain()

    async def wait_acked(self, at_most_pending: int = 0, seconds: float = ANSWER_SECONDS) -> None:
        """Until no more than so many messages are unacknowledged. Disconnected or TimeoutError."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(
                lambda: len(self.pending) <= at_most_pending or not self.connected
            )
        if len(self.pending) > at_most_pending:
            raise Disconnected(self.identity)

    async def next_text(self, seconds: float = ANSWER_SECONDS) -> str:
        """The next text that the platform sends."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: bool(self._inbox))
        return self._inbox.popleft()

    async def next_question(self, seconds: float = ANSWER_SECONDS) -> tuple[int, downlink.Question]:
        """The next question that the platform asks, with its serial."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: bool(self._asked))
        return self._asked.popleft()

    async def wait_closed(self, seconds: float = ANSWER_SECONDS) -> None:
        """Until the platform has ended the connection."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: not self.connected)

    async def close(self) -> None:
        """Hang up without a word; `pending` stays."""
        listening, writer = self._listening, self._writer
        self._reader = self._writer = self._listening = None
        if listening is not None:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening
        if writer is not None:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _send_kept(self, message_id: int, body: bytes) -> int:
        serial = self._transmit(message_id, body)
        self.pending[serial] = (message_id, body)
        with suppress(ConnectionError):
            await self._open_writer().drain()
        return serial

    async def _send_pending(self) -> None:
        """In one go: a connection that ends meanwhile takes nothing with it."""
        writer = self._open_writer()
        waiting, self.pending = list(self.pending.values()), OrderedDict()
        for message_id, body in waiting:
            self.resent += 1
            self.pending[self._transmit(message_id, body)] = message_id, body
        with suppress(ConnectionError):
            await writer.drain()

    async def _ask(self, message_id: int, body: bytes) -> downlink.Downlink:
        reply: asyncio.Future[downlink.Downlink] = asyncio.get_running_loop().create_future()
        serial = self._transmit(message_id, body)
        self._answers[serial] = reply
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await reply
        finally:
            self._answers.pop(serial, None)

    def _transmit(self, message_id: int, body: bytes) -> int:
        """Write a message; the serial of its last frame, whose answer speaks for all of it."""
        frames = build_message(message_id, body, terminal=self.identity, serial=self._serial)
        self._serial = (self._serial + len(frames)) & 0xFFFF
        self._open_writer().write(b"".join(frames))
        return (self._serial - 1) & 0xFFFF

    def _open_writer(self) -> asyncio.StreamWriter:
        if self._writer is None:
            raise Disconnected(self.identity)
        return self._writer

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        cutter, parts = FrameCutter(), Reassembler()
        try:
            with suppress(ConnectionError):
                while data := await reader.read(65536):
                    for found in cutter.feed(data):
                        if isinstance(found, Frame):
                            self._take(found, parts)
                    async with self._changed:
                        self._changed.notify_all()
        finally:
            for reply in self._answers.values():
                if not reply.done():
                    reply.set_exception(Disconnected(self.identity))
            # The task is not done yet here; whoever waits looks again right after it is.
            asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(self._notify_all()))

    async def _notify_all(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _take(self, frame: Frame, parts: Reassembler) -> None:
        if frame.message_id in (downlink.TEXT, downlink.QUESTION, downlink.EVENTS):
            self._show(frame, parts)
            return
        if frame.message_id == downlink.ASK_ATTRIBUTES:
            self._describe(frame)
            return
        message = downlink.parse(frame)
        if isinstance(message, downlink.PlatformAck | downlink.RegisterAck):
            reply = self._answers.get(message.serial)
            if reply is not None and not reply.done():
                reply.set_result(message)
            elif message.serial in self.pending:
                del self.pending[message.serial]
                if message.result == downlink.OK:
                    self.acked += 1
                else:
                    self.refused.append(message.result)

    def _describe(self, frame: Frame) -> None:
        if frame.message_id in self.refuses:
            ack = uplink.TerminalAck(frame.serial, frame.message_id, downlink.UNSUPPORTED)
            self._transmit(uplink.TERMINAL_ACK, uplink.build_terminal_ack(ack))
        elif self.attributes is not None:
            self._transmit(uplink.ATTRIBUTES, uplink.build_attributes(self.attributes))

    def _show(self, frame: Frame, parts: Reassembler) -> None:
        whole = parts.add(frame)
        message = downlink.parse(whole) if whole is not None else None
        result: int | None = downlink.OK
        if frame.message_id in self.refuses:
            result = downlink.UNSUPPORTED
        elif isinstance(message, downlink.Text):
            self.texts.append(message.text)
            self._inbox.append(message.text)
            result = self.answer(message.text)
        elif isinstance(message, downlink.Question):
            self.questions.append((frame.serial, message))
            self._asked.append((frame.serial, message))
            result = self.answer(message.text)
        elif isinstance(message, downlink.Events):
            self.keys = message.keys
        if result is not None:
            ack = uplink.TerminalAck(frame.serial, frame.message_id, result)
            self._transmit(uplink.TERMINAL_ACK, uplink.build_terminal_ack(ack))
