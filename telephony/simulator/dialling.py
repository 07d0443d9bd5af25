"""Other telephones: calls that are placed, Dial with Number and with Queue, bridges."""

import asyncio
from urllib.parse import urljoin

from telephony.simulator.errors import DOCUMENT_BAD_VERB, DocumentFailed
from telephony.simulator.line import Line
from telephony.simulator.model import Hook, Source
from telephony.simulator.rooms import conference
from telephony.simulator.twiml import HOLD, Verb
from telephony.simulator.waiting import Waiting, tell_action

DIAL_TIMEOUT_S = 30


async def ring(line: Line, limit_s: float) -> None:
    """Let the other phone ring until it answers, refuses, or `limit_s` seconds are over."""
    exchange, phone = line.exchange, line.phone
    line.initiated()
    await exchange.clock.sleep(0.2)
    if is_over(line):
        return
    if phone.answer == "failed":
        line.end("failed", by="network", sip=404)
        return
    line.ring()
    wait = exchange.phones.draw(phone.ring_s)
    if phone.answer in ("answer", "voicemail", "busy"):
        await exchange.clock.sleep(min(wait, limit_s))
        if is_over(line):
            return
        if phone.answer == "busy":
            line.end("busy", by="phone", sip=486)
        elif wait <= limit_s:
            if phone.answer == "voicemail":
                line.talked = True
            line.answer()
    else:
        await exchange.clock.sleep(limit_s)
    if line.call.answered_at is None:
        line.end("no-answer", by="timeout", sip=487)


def is_over(line: Line) -> bool:
    """Whether the call has ended meanwhile."""
    return line.call.over


class Bridge:
    """Two legs that hear each other, without a conference. `child` ends with the other one."""

    def __init__(self, one: Line, other: Line, child: Line | None = None) -> None:
        self.lines, self.child = (one, other), child
        self.over: asyncio.Future[Line] = asyncio.get_running_loop().create_future()
        for line in self.lines:
            line.place = self

    def begin(self) -> None:
        """They hear each other."""
        for line in self.lines:
            line.talking()

    def leave(self, line: Line, reason: str) -> None:
        """One of them is gone."""
        for other in self.lines:
            if other.place is self:
                other.place = None
        if not self.over.done():
            self.over.set_result(line)
        if self.child is not None and line is not self.child:
            self.child.end("completed", by="bridge")


async def dial(line: Line, verb: Verb, base: str) -> None:
    """Connect the leg with a number, a conference, or the first of a queue."""
    line.answer()
    nouns = verb.children or ((Verb("Number", {}, verb.text),) if verb.text else ())
    if len(nouns) != 1:
        raise DocumentFailed(DOCUMENT_BAD_VERB, "Schema validation: Dial must hold one noun")
    noun = nouns[0]
    if noun.name == "Conference":
        await conference(line, noun, base)
        told = {"DialCallStatus": "completed"}
    elif noun.name == "Queue":
        told = await _dial_queue(line, verb, noun, base)
    else:
        told = await _dial_number(line, verb, noun, base)
    line.jump(verb, base, **told)


async def _dial_number(line: Line, verb: Verb, noun: Verb, base: str) -> dict[str, str]:
    exchange = line.exchange
    caller_id = verb.get("callerId") or line.call.from_
    hook = status_hook(noun, base)
    child = exchange.new_line("outbound-dial", caller_id, noun.text, hook, parent=line.call.sid)
    child.call.status = "queued"
    answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def settle() -> None:
        if not answered.done():
            answered.set_result(not child.call.over)

    child.on_answer = settle
    child.on_end.append(settle)
    line.place = _Calling(child)
    exchange.spawn(ring(child, float(verb.number("timeout", DIAL_TIMEOUT_S, 1))))
    talked = await answered
    line.place = None
    if talked:
        bridge = Bridge(line, child, child)
        bridge.begin()
        await bridge.over
    return {
        "DialCallStatus": child.call.status,
        "DialCallSid": child.call.sid,
        "DialCallDuration": str(child.call.duration),
        "DialBridged": "true" if talked else "false",
    }


class _Calling:
    """A leg that waits for the other phone to answer."""

    def __init__(self, child: Line) -> None:
        self.child = child

    def leave(self, line: Line, reason: str) -> None:
        self.child.end("canceled", by="parent", sip=487)


async def _dial_queue(line: Line, verb: Verb, noun: Verb, base: str) -> dict[str, str]:
    """Take the first caller out. Where nobody waits, wait for one as long as the Dial says."""
    exchange = line.exchange
    queue = exchange.world.queue_named(noun.text)
    if queue is None:
        return {"DialCallStatus": "failed"}
    end = exchange.clock.seconds() + verb.number("timeout", DIAL_TIMEOUT_S, 1)
    while not queue.members:
        if exchange.clock.seconds() >= end:
            return {"DialCallStatus": "no-answer"}
        await exchange.clock.sleep(1.0)
    waiting = exchange.waiting[queue.members[0].call_sid]
    caller = waiting.line
    told = waiting.step_out("bridged")
    if waiting.music is not None:
        waiting.music.cancel()
    bridge = _QueueBridge(line, waiting, told)
    if noun.get("url"):
        await _announce(line, noun, base, waiting)
    if not caller.call.over:
        bridge.begin()
        await bridge.over
    return {"DialCallStatus": "completed", "DialCallSid": caller.call.sid}


async def _announce(line: Line, noun: Verb, base: str, waiting: Waiting) -> None:
    """The caller hears a document before both are connected."""
    more = {
        "QueueSid": waiting.queue.sid,
        "QueueTime": str(waiting.waited()),
        "DequeingCallSid": line.call.sid,
    }
    url, method = urljoin(base, noun.get("url")), noun.get("method", "POST").upper()
    source = Source(url, method, extra=tuple(more.items()))
    try:
        await waiting.line.execute(await waiting.line.fetch(source, HOLD), url)
    except DocumentFailed as failure:
        waiting.line.failed(failure, source)


class _QueueBridge(Bridge):
    """A bridge with a caller from a queue, whose Enqueue says `bridged` when it is over."""

    def __init__(self, line: Line, waiting: Waiting, told: dict[str, str]) -> None:
        super().__init__(line, waiting.line)
        self.waiting, self.told = waiting, told

    def leave(self, line: Line, reason: str) -> None:
        """One of them is gone."""
        if line is self.waiting.line:
            if reason == "redirected":
                self.told["QueueResult"] = "redirected-from-bridged"
            tell_action(self.waiting, self.told)
        else:
            self.waiting.release("bridged")
        super().leave(line, reason)


def status_hook(noun: Verb, base: str) -> Hook | None:
    """The status callback of a dialled number."""
    url = noun.get("statusCallback")
    if not url:
        return None
    events = tuple(noun.get("statusCallbackEvent", "completed").split())
    return Hook(urljoin(base, url), noun.get("statusCallbackMethod", "POST").upper(), events)
