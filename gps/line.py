"""One TCP connection of a device that speaks any protocol of `gps.protocols.registry`."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC

from core.clock import monotonic, now
from core.logging import logger
from gps.connection import Connection, Host
from gps.fix import Fix
from gps.intake import Acknowledgement, Pending
from gps.jt808.downlink import FAILED, OK
from gps.protocols.seam import Conversation, Malformed, Message, Wire
from gps.quirks import Quirks
from gps.reading import LONGEST_IDENTITY, NO_DEVICE, fixes_of, is_live

log = logger(__name__)


@dataclass(slots=True)
class Reply:
    """What a message is answered with. `due`: nothing has to be stored before."""

    answer: bytes
    due: bool


class Line(Connection[bytes]):
    """Cuts, decodes, hands on and answers, in the order of the messages.

    The first message that names a device logs it in; what comes meanwhile waits. Who is neither
    known nor in quarantine gets no answer, and is disconnected when its time to log in is over.
    """

    def __init__(self, gateway: Host, wire: Wire) -> None:
        super().__init__(gateway, UTC)
        self.protocol = wire.name
        self._wire, self._cutter = wire, wire.cutter()
        self._conversation = Conversation(now)
        self._replies: deque[Reply] = deque()
        self._stored: dict[int, Reply] = {}
        """Those of messages with positions, by the number that the intake gives back."""
        self._number = 0

    @property
    def waiting(self) -> int:
        return len(self._replies)

    def eof_received(self) -> None:
        """Some end their last message by hanging up."""
        super().eof_received()
        last = self._cutter.flush()
        if isinstance(last, bytes) and self.successor is None:
            if self._identifying:
                self._backlog.append(last)
            else:
                self._guarded(last)

    def behave(self, quirks: Quirks, *, contested: bool) -> None:
        super().behave(quirks, contested=contested)
        self._conversation.model = quirks.model

    def acknowledge(self, acknowledgements: Sequence[Acknowledgement]) -> None:
        """What could not be stored is not answered, so that the device sends it again."""
        for number, _, result in acknowledgements:
            reply = self._stored.pop(number)
            reply.due = True
            if result != OK:
                reply.answer = b""
        self._answer_due()
        self._apply_backpressure()

    def _cut(self, data: bytes) -> Iterable[bytes | Malformed]:
        return self._cutter.feed(data)

    def _take(self, frame: bytes) -> None:
        self.last_frame = monotonic()
        try:
            message = self._wire.decode(frame, self._conversation)
        except Malformed as problem:
            self._refuse(problem)
            self._reply(problem.answer)
            return
        if message.device and not self.identity and len(message.device) > LONGEST_IDENTITY:
            self._refuse(Malformed("identity is too long"))
        elif message.device and not self.identity:
            self.identity = self._conversation.device = message.device
            self._identify(self._logged_in(message))
        elif message.device and message.device != self.identity:
            self.gateway.foreign(self, message.device)
        else:
            self._handle(message)

    async def _logged_in(self, message: Message) -> None:
        login = await self.gateway.authenticate(self, {})
        if login.result == "ok" and login.terminal is not None:
            self.admit(login.terminal)
        self._handle(message)

    def _handle(self, message: Message) -> None:
        accepted = self.terminal is not None or self.quarantined
        if self.identity and not accepted:
            return
        if message.positions and not accepted:
            self._refuse(Malformed("no device has identified itself"))
            return
        self._bad = 0
        if message.positions:
            self._positions(message)
        else:
            self._reply(message.answer)

    def _positions(self, message: Message) -> None:
        received = now()
        device_id = self.terminal.id if self.terminal else NO_DEVICE
        fixes = fixes_of(device_id, message.positions, received, self._number, self._quirks)
        number, self._number = self._number, self._number + 1
        self._stored[number] = reply = Reply(message.answer, due=False)
        self._replies.append(reply)
        if self.terminal is None:
            self.gateway.spawn(self._detained(number, fixes))
            return
        if is_live(message.positions) and (at := fixes[0].fix_at) is not None:
            self.clock.look(at, received)
        self.gateway.intake.put(Pending(self, number, 0, self.terminal.org_id, fixes))

    async def _detained(self, number: int, fixes: Sequence[Fix]) -> None:
        """Positions of a stranger in quarantine: answered once they are kept."""
        kept = await self._kept(fixes)
        self.acknowledge([(number, 0, OK if kept else FAILED)])

    def _reply(self, answer: bytes) -> None:
        """To a message that needs not be stored: at once, but never before an earlier one."""
        if answer:
            self._replies.append(Reply(answer, due=True))
            self._answer_due()

    def _answer_due(self) -> None:
        answers = []
        while self._replies and self._replies[0].due:
            answers.append(self._replies.popleft().answer)
        if data := b"".join(answers):
            self._write(data)
