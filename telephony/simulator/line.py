"""One leg at work: what its phone does, what its document says, what its callbacks are told."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urljoin

from telephony.simulator.attributes import WITHOUT_EFFECT
from telephony.simulator.errors import REDIRECT_LOOP, DocumentFailed
from telephony.simulator.model import Call, CallStatus, Hook, Source
from telephony.simulator.phones import Phone
from telephony.simulator.twiml import VOICE, Document, Verb, read

if TYPE_CHECKING:
    from telephony.simulator.exchange import Exchange

API_VERSION = "2010-04-01"
EVENTS: dict[str, str] = {"initiated": "initiated", "ringing": "ringing", "in-progress": "answered"}
MAX_JUMPS = 100  # documents without a moment of time between them


class Jump(Exception):
    """Go on with another document."""

    def __init__(self, source: Source) -> None:
        super().__init__(source.url)
        self.source = source


class HangUp(Exception):
    """The document ends the call."""


class LeftQueue(Exception):
    """The document of a waiting caller leaves the queue."""


class Place(Protocol):
    """Where a leg is while it does not obey a document: a queue, a conference, a bridge."""

    def leave(self, line: "Line", reason: str) -> None:
        """The leg is gone: `hangup`, `api` or `redirected`. Must not wait."""
        ...


class Line:
    """A call with its phone. All methods belong to the event loop; none but `run` waits."""

    def __init__(self, exchange: "Exchange", call: Call, phone: Phone) -> None:
        self.exchange, self.call, self.phone = exchange, call, phone
        self.place: Place | None = None
        self.keys: asyncio.Queue[str] = asyncio.Queue()
        self.listening = False
        self.on_answer: Callable[[], None] = lambda: None
        self.on_end: list[Callable[[], None]] = []
        self.talked = False
        self._planned = deque(phone.keys)
        self._program: asyncio.Task[None] | None = None
        self._acts: set[asyncio.Task[None]] = set()

    # What the phone does

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something after so much virtual time, if the call lives then."""

        async def wait() -> None:
            await self.exchange.clock.sleep(seconds)
            if not self.call.over:
                act()

        self._start_act(wait())

    def press(self, keys: str) -> None:
        """Keys are pressed. Nobody hears them unless a document asks."""
        self.exchange.trace.add("keys", call=self.call.sid, keys=keys, heard=self.listening)
        if self.listening:
            for key in keys:
                self.keys.put_nowait(key)

    def asked(self) -> None:
        """A question begins: the next planned keys follow after a while."""
        if not self._planned:
            return
        keys = self._planned.popleft()
        if self.phone.insist and not self._planned:
            self._planned.append(keys)
        if keys:
            self.later(self.exchange.phones.draw(self.phone.think_s), lambda: self.press(keys))

    def talking(self) -> None:
        """Somebody is heard at the other end."""
        if self.talked:
            return
        self.talked = True
        self.exchange.trace.add("talking", call=self.call.sid)
        if self.phone.talk_s is not None:
            self.later(self.exchange.phones.draw(self.phone.talk_s), self.hang_up)

    def begin_patience(self) -> None:
        """From now on whoever holds the phone waits for somebody."""
        if self.phone.patience_s is not None:
            self.later(self.exchange.phones.draw(self.phone.patience_s), self._lose_patience)

    def hang_up(self) -> None:
        """The phone ends the call."""
        if self.call.answered_at is not None:
            self.end("completed", by="phone")
        else:
            inbound = self.call.direction == "inbound"
            self.end("no-answer" if inbound else "busy", by="phone")

    # Its states

    def ring(self) -> None:
        """The other side rings."""
        self._status("ringing")

    def answer(self) -> None:
        """The call is answered."""
        if self.call.answered_at is not None or self.call.over:
            return
        self.call.answered_at = self.exchange.clock.now()
        self._status("in-progress")
        if self.call.direction != "inbound":
            self.begin_patience()
        if self.phone.drop_s is not None:
            self.later(self.exchange.phones.draw(self.phone.drop_s), self.hang_up)
        self.on_answer()

    def end(self, status: CallStatus, *, by: str, sip: int = 200) -> None:
        """The call is over, for whatever reason; the second time nothing happens."""
        if self.call.over:
            return
        now = self.exchange.clock.now()
        self.call.ended_at, self.call.sip = now, sip
        self.call.started_at = self.call.started_at or self.call.answered_at or now
        self.call.status, self.call.updated_at = status, now
        self.exchange.trace.add("call", call=self.call.sid, status=status, by=by)
        self.interrupt("api" if by == "api" else "hangup")
        self._tell("completed")
        for act in self.on_end:
            act()
        for task in list(self._acts):
            if task is not asyncio.current_task():
                task.cancel()

    def interrupt(self, reason: str) -> None:
        """Whatever the leg does, it stops: `hangup`, `api` (ended by REST) or `redirected`."""
        place, self.place = self.place, None
        if place is not None:
            place.leave(self, reason)
        program, self._program = self._program, None
        if program is not None and program is not asyncio.current_task():
            program.cancel()

    def go(self, source: Source) -> None:
        """Go on with this document, whatever was before."""
        self.interrupt("redirected")
        self._program = self.exchange.spawn(self._run(source))

    # What it is told

    def params(self, **more: str) -> dict[str, str]:
        """The parameters that every request about this call has."""
        call = self.call
        base = {
            "CallSid": call.sid,
            "AccountSid": self.exchange.world.account,
            "From": call.from_,
            "To": call.to,
            "CallStatus": call.status,
            "ApiVersion": API_VERSION,
            "Direction": call.direction,
        }
        if call.parent:
            base["ParentCallSid"] = call.parent
        if call.answered_by:
            base["AnsweredBy"] = call.answered_by
        return base | more

    def _status(self, status: CallStatus) -> None:
        now = self.exchange.clock.now()
        if status == "ringing":
            self.call.started_at = now
        self.call.status, self.call.updated_at = status, now
        self.exchange.trace.add("call", call=self.call.sid, status=status, number=self.call.to)
        self._tell(EVENTS[status])

    def initiated(self) -> None:
        """The carrier begins to dial."""
        self._tell("initiated")

    def _tell(self, event: str) -> None:
        call = self.call
        if call.callback is None or event not in call.callback.events:
            return
        more = {
            "Timestamp": format_datetime(self.exchange.clock.now().replace(microsecond=0)),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(call.told),
        }
        if event == "initiated":
            more["CallStatus"] = "initiated"
        if event == "completed":
            more["CallDuration"] = str(call.duration)
            more["Duration"] = str(-(-call.duration // 60))
            more["SipResponseCode"] = str(call.sip)
        call.told += 1
        self.exchange.deliver.tell(call.callback, self.params(**more), about="call.status")

    # What its documents say

    async def fetch(self, source: Source, allowed: frozenset[str] = VOICE) -> Document:
        """The document of a source. Raises DocumentFailed."""
        if source.twiml is not None:
            return read(source.twiml, "text/xml", allowed)
        hook = Hook(source.url, source.method)
        about = "call.document"
        answer = await self.exchange.deliver.ask(
            hook, self.params(**dict(source.extra)), about=about
        )
        return read(answer.body, answer.content_type, allowed)

    def failed(self, failure: DocumentFailed, source: Source) -> None:
        """Keep the error where people look for it."""
        self.exchange.deliver.fail(failure, call=self.call.sid, url=source.url)

    async def execute(self, document: Document, base: str) -> None:
        """Obey a document. Raises Jump, HangUp, LeftQueue, DocumentFailed."""
        for verb in document:
            for one in (verb, *verb.children):
                ignored = sorted(set(one.attributes) & WITHOUT_EFFECT.get(one.name, frozenset()))
                if ignored:
                    self.exchange.trace.add("ignored", verb=one.name, attributes=ignored)
            await self.exchange.verbs[verb.name](self, verb, base)

    def jump(self, verb: Verb, base: str, *, url: str = "action", **extra: str) -> None:
        """Go on where the verb's attribute says. Raises Jump, or returns where it says nothing."""
        target = verb.get(url)
        if target:
            method = verb.get("method", "POST").upper()
            address = urljoin(base, target)
            raise Jump(Source(address, method, extra=tuple(extra.items())))

    async def _run(self, source: Source) -> None:
        base, jumps, last = source.url, 0, self.exchange.clock.seconds()
        fallback = source.fallback or self.call.fallback
        while True:
            try:
                if not source.twiml:
                    base = source.url
                await self.execute(await self.fetch(source), base)
                break
            except Jump as jump:
                source = jump.source
                now = self.exchange.clock.seconds()
                jumps, last = (jumps + 1, last) if now == last else (0, now)
                if jumps > MAX_JUMPS:
                    self.failed(DocumentFailed(REDIRECT_LOOP, "Too many redirects"), source)
                    break
            except DocumentFailed as failure:
                self.failed(failure, source)
                if fallback is None or not fallback.url or source.url == fallback.url:
                    self.exchange.trace.add("silence", call=self.call.sid)
                    break
                extra = {"ErrorCode": str(failure.code), "ErrorUrl": source.url}
                source = Source(fallback.url, fallback.method, extra=tuple(extra.items()))
            except HangUp:
                break
        self.end("completed", by="document")

    def _lose_patience(self) -> None:
        if not self.talked:
            self.hang_up()

    def _start_act(self, work: Coroutine[Any, Any, None]) -> None:
        task = self.exchange.spawn(work)
        self._acts.add(task)
        task.add_done_callback(self._acts.discard)
