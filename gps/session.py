"""One TCP connection of one terminal, from its first byte to its last."""

from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, Protocol

from core.clock import monotonic, now
from core.logging import logger
from gps import messages
from gps.connection import Connection, Host
from gps.fix import Fix
from gps.intake import Acknowledgement, Pending
from gps.jt808 import downlink, uplink
from gps.jt808.framing import Frame, FrameCutter, FrameError, Reassembler, build_message
from gps.reading import NO_DEVICE, fix_of, told_at_login
from gps.terminals import PROTOCOL, Terminal

log = logger(__name__)

PARTED = 8
"""Sub-packaged messages of which parts can be asked for again."""

_IDS = {form: message_id for message_id, form in messages.FORMS.items()}


class Gatekeeper(Host, Protocol):
    """What a session needs of its gateway."""

    zone: Any

    async def register(self, session: "Session", message: uplink.Register) -> tuple[int, str]: ...

    def tells(self, session: "Session", message: uplink.Attributes) -> None: ...

    def cannot(self, session: "Session", what: str) -> None: ...

    async def pressed(self, terminal: Terminal, number: int) -> int: ...

    async def replied(self, terminal: Terminal, answer: uplink.Answer) -> int: ...

    def answered(self, terminal: Terminal, ack: uplink.TerminalAck) -> None: ...


class Session(Connection[Frame]):
    """Cuts, answers and hands on."""

    protocol = PROTOCOL
    gateway: Gatekeeper

    def __init__(self, gateway: Gatekeeper) -> None:
        super().__init__(gateway, gateway.zone)
        self.code = ""
        self.header = Frame(0, "0" * 12, 0, b"")
        self._cutter, self._parts = FrameCutter(), Reassembler()
        self._serial = 0  # of answers; nobody answers those
        self._parted: dict[int, list[bytes]] = {}  # by the serial of the first part
        self._unacknowledged = 0

    @property
    def waiting(self) -> int:
        return self._unacknowledged

    def _cut(self, data: bytes) -> Iterable[Frame | FrameError]:
        return self._cutter.feed(data)

    def let_in(self) -> None:
        self.ask_attributes()

    def ask_attributes(self) -> None:
        """What are you? Unless it has refused to say."""
        if self.terminal is not None and self.terminal.capability.get("attributes") is not False:
            self._send([(downlink.ASK_ATTRIBUTES, b"")])

    def acknowledge(self, acknowledgements: Sequence[Acknowledgement]) -> None:
        """General acknowledgements (0x8001), in one write."""
        self._unacknowledged -= len(acknowledgements)
        first = self._serial
        self._serial = (first + len(acknowledgements)) & 0xFFFF
        self._write(downlink.platform_acks(self.header, first, acknowledgements))
        self._apply_backpressure()

    def body(self, form: str, text: str) -> bytes:
        """Body of a message in the version that this terminal speaks."""
        return messages.body(form, text, self.header.version)

    def send_message(self, form: str, text: str, serials: list[int]) -> None:
        """Send it under these serials; the terminal's answer is matched by them."""
        frames = build_message(
            _IDS[form],
            self.body(form, text),
            terminal=self.header.terminal,
            serial=serials[0],
            version=self.header.version,
        )
        if self._transport is not None and self.successor is None:
            self._transport.write(b"".join(frames))
            if len(frames) > 1:
                self._parted[serials[0]] = frames
                while len(self._parted) > PARTED:
                    del self._parted[next(iter(self._parted))]

    def _send_parts(self, frame: Frame, missing: uplink.PartsMissing) -> None:
        """Parts that the terminal has not got, under the serials that they had."""
        frames = self._parted.get(missing.serial)
        if frames is None or not all(1 <= number <= len(frames) for number in missing.numbers):
            self._answer(frame, downlink.FAILED)
        elif self._transport is not None:
            wanted = sorted(set(missing.numbers))
            self._transport.write(b"".join(frames[number - 1] for number in wanted))

    def _take(self, frame: Frame) -> None:
        self.last_frame, self._bad = monotonic(), 0
        if self.terminal is None:
            self.header, self.identity = frame, frame.identity
        elif frame.identity != self.identity:
            self.gateway.foreign(self, frame.identity)
            self._answer(frame, downlink.FAILED)
            return
        try:
            whole = self._parts.add(frame)
            if whole is None:
                self._answer(frame, downlink.OK if self.terminal else downlink.FAILED)
                self._ask_missing(frame)
                return
            message = uplink.parse(whole, self._zone)
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
            case uplink.Answer() if self.terminal:
                self.gateway.spawn(self._replied(frame, self.terminal, message))
            case uplink.TerminalAck():
                self._acknowledged(message)
            case uplink.PartsMissing() if self.terminal:
                self._send_parts(frame, message)
            case uplink.Register() | uplink.Authenticate():
                self._identify(self._introduced(frame, message))
            case _ if self.terminal or self.quarantined:
                self._small_talk(frame, message)
            case _:
                self._answer(frame, downlink.FAILED)

    def _small_talk(self, frame: Frame, message: uplink.Uplink) -> None:
        match message:
            case uplink.Attributes():
                self.gateway.tells(self, message)
                self._answer(frame, downlink.OK)
            case uplink.TimeRequest():
                self._send([(downlink.TIME, downlink.build_time(now()))])
            case uplink.Heartbeat():
                self._answer(frame, downlink.OK)
            case uplink.Logout():
                self._answer(frame, downlink.OK)
                self.close("logged out")
            case uplink.Unsupported():
                self._answer(frame, downlink.UNSUPPORTED)
            case _:
                self._answer(frame, downlink.FAILED)

    def _acknowledged(self, ack: uplink.TerminalAck) -> None:
        if self.terminal is None:
            return
        if ack.message_id != downlink.ASK_ATTRIBUTES:
            self.gateway.answered(self.terminal, ack)
        elif ack.result == downlink.UNSUPPORTED:
            self.gateway.cannot(self, "attributes")

    def _positions(self, frame: Frame, locations: Sequence[uplink.Location]) -> None:
        if self.terminal is None and not self.quarantined:
            self._answer(frame, downlink.FAILED)
            return
        received = now()
        device_id = self.terminal.id if self.terminal else NO_DEVICE
        datum = self._quirks.datum
        fixes = tuple(fix_of(device_id, one, received, frame.serial, datum) for one in locations)
        self._unacknowledged += 1
        if self.terminal is None:
            self.gateway.spawn(self._detained(frame, fixes))
            return
        if frame.message_id == uplink.LOCATION and (at := fixes[0].fix_at) is not None:
            self.clock.look(at, received)
        self.gateway.intake.put(
            Pending(self, frame.serial, frame.message_id, self.terminal.org_id, fixes)
        )

    async def _detained(self, frame: Frame, fixes: Sequence[Fix]) -> None:
        """Positions of a stranger in quarantine: confirmed once they are kept."""
        kept = await self._kept(fixes)
        self.acknowledge(
            [(frame.serial, frame.message_id, downlink.OK if kept else downlink.FAILED)]
        )

    async def _pressed(self, frame: Frame, terminal: Terminal, number: int) -> None:
        await self._recorded(frame, self.gateway.pressed(terminal, number))

    async def _replied(self, frame: Frame, terminal: Terminal, answer: uplink.Answer) -> None:
        await self._recorded(frame, self.gateway.replied(terminal, answer))

    async def _recorded(self, frame: Frame, work: Coroutine[Any, Any, int]) -> None:
        """A key is answered after it is recorded; unanswered, the terminal reports it again."""
        try:
            result = await work
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

    async def _introduced(
        self, frame: Frame, message: uplink.Register | uplink.Authenticate
    ) -> None:
        if isinstance(message, uplink.Register):
            await self._register(frame, message)
        else:
            await self._authenticate(frame, message)

    async def _register(self, frame: Frame, message: uplink.Register) -> None:
        result, code = await self.gateway.register(self, message)
        body = downlink.build_register_ack(frame.serial, result, code)
        self._send([(downlink.REGISTER_ACK, body)])

    async def _authenticate(self, frame: Frame, message: uplink.Authenticate) -> None:
        self.code = message.code
        login = await self.gateway.authenticate(self, told_at_login(message))
        if login.result == "ok" and login.terminal is not None:
            self.admit(login.terminal)
        accepted = self.terminal is not None or self.quarantined
        refused = login.result in ("code", "contested")
        self._answer(frame, downlink.FAILED if refused or not accepted else downlink.OK)
        self.ask_attributes()

    def _answer(self, frame: Frame, result: int) -> None:
        body = downlink.build_platform_ack(frame.serial, frame.message_id, result)
        self._send([(downlink.PLATFORM_ACK, body)])

    def _send(self, answers: Sequence[tuple[int, bytes]]) -> None:
        first = self._serial
        self._serial = (first + len(answers)) & 0xFFFF
        wires = [
            frame
            for index, (message_id, body) in enumerate(answers)
            for frame in build_message(
                message_id,
                body,
                terminal=self.header.terminal,
                serial=(first + index) & 0xFFFF,
                version=self.header.version,
            )
        ]
        self._write(b"".join(wires))
