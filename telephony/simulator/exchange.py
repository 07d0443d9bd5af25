"""The carrier at work: everything it knows, and the calls that go on."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from itertools import islice
from typing import Any, TypeVar

from telephony.simulator.clock import Clock
from telephony.simulator.delivery import Deliverer
from telephony.simulator.dialling import dial, ring
from telephony.simulator.errors import DocumentFailed
from telephony.simulator.line import API_VERSION, HangUp, Jump, LeftQueue, Line
from telephony.simulator.mischief import Mischief
from telephony.simulator.model import (
    Call,
    Conference,
    Direction,
    Hook,
    Number,
    Queue,
    Source,
    World,
)
from telephony.simulator.phones import Phone, Phones
from telephony.simulator.prompts import gather, hang_up, leave, prompt, record, redirect, reject
from telephony.simulator.recorder import Recorder
from telephony.simulator.rooms import Room
from telephony.simulator.trace import Trace
from telephony.simulator.twiml import Verb
from telephony.simulator.waiting import Waiting, enqueue

Act = Callable[[Line, Verb, str], Awaitable[None]]
VERBS: Mapping[str, Act] = {
    "Say": prompt,
    "Play": prompt,
    "Pause": prompt,
    "Gather": gather,
    "Enqueue": enqueue,
    "Dial": dial,
    "Record": record,
    "Redirect": redirect,
    "Leave": leave,
    "Reject": reject,
    "Hangup": hang_up,
}
_EXPECTED = (Jump, HangUp, LeftQueue, DocumentFailed)
T = TypeVar("T")


class Exchange:
    """`calls_per_second`: how many calls of the API are dialled in a virtual second.

    `api_url`: where the API is, as it stands in addresses that the product gets. `keep`: how many
    calls, messages and so on are kept after they are over; None: all.
    """

    def __init__(
        self,
        world: World,
        clock: Clock,
        *,
        seed: int = 1,
        mischief: Mischief | None = None,
        rewrites: Mapping[str, str] | None = None,
        calls_per_second: float = 1.0,
        messages_per_second: float = 10.0,
        most_requests: int = 50,
        keep: int | None = None,
    ) -> None:
        self.world, self.clock = world, clock
        self.mischief = mischief or Mischief(seed)
        self.trace = Trace(clock.now, keep)
        self._keep = keep
        self.deliver = Deliverer(world, clock, self.mischief, self.trace, rewrites)
        self.phones = Phones(seed)
        self.recorder = Recorder(self)
        self.verbs = VERBS
        self.lines: dict[str, Line] = {}
        self.rooms: dict[str, Room] = {}
        self.waiting: dict[str, Waiting] = {}
        self.api_url = ""
        self.most_requests = most_requests
        self.call_turns = Turns(clock, calls_per_second)
        self.message_turns = Turns(clock, messages_per_second)
        self._tasks: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        """Drop every call without a word."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.deliver.close()

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run something beside; a defect of the simulator is kept where people look."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, _EXPECTED):
            self.trace.add("defect", error=f"{type(error).__name__}: {error}")

    def sid(self, prefix: str) -> str:
        """A new id; never one of an earlier run, whatever the seed."""
        return prefix + uuid.uuid4().hex

    def path(self, rest: str) -> str:
        """The path of a resource."""
        return f"/{API_VERSION}/Accounts/{self.world.account}/{rest}"

    def forget(self, known: dict[str, T], over: Callable[[T], bool]) -> None:
        """Make room for one more: the oldest that are over go, beyond what is kept."""
        if self._keep is None:
            return
        for sid in list(islice(known, max(len(known) - self._keep, 0))):
            if over(known[sid]):
                del known[sid]

    def queue(self, name: str) -> Queue:
        """The queue of this name; the first who names it makes it."""
        found = self.world.queue_named(name)
        if found is None:
            now = self.clock.now()
            found = Queue(self.sid("QU"), name, now, now)
            self.world.queues[found.sid] = found
        return found

    def room(self, name: str) -> Room:
        """The conference of this name that is not over; the first who names it makes it."""
        found = self.world.conference_named(name)
        if found is None:
            now = self.clock.now()
            self.forget(self.rooms, lambda one: one.conference.status == "completed")
            self.forget(self.world.conferences, lambda one: one.status == "completed")
            found = Conference(self.sid("CF"), name, now, now)
            self.world.conferences[found.sid] = found
            self.rooms[found.sid] = Room(self, found)
        return self.rooms[found.sid]

    def new_line(
        self,
        direction: Direction,
        from_: str,
        to: str,
        callback: Hook | None,
        *,
        parent: str | None = None,
        phone: Phone | None = None,
    ) -> Line:
        """A call that has not begun to ring."""
        now = self.clock.now()
        call = Call(self.sid("CA"), direction, from_, to, now, now, callback=callback)
        call.parent = parent
        own = self.world.number(to if direction == "inbound" else from_)
        call.number_sid = own.sid if own else None
        self.forget(self.world.calls, lambda one: one.over)
        self.world.calls[call.sid] = call
        line = Line(self, call, phone or self.phones.of(to))
        self.lines[call.sid] = line
        line.on_end.append(lambda: self._forget(call.sid))
        self.trace.add("call", call=call.sid, status="queued", direction=direction, number=to)
        return line

    def _forget(self, sid: str) -> None:
        self.recorder.stop_all(sid)
        self.lines.pop(sid, None)

    def place_call(
        self,
        from_: str,
        to: str,
        source: Source,
        callback: Hook | None,
        *,
        timeout: float = 60.0,
        detect_machine: bool = False,
        record: Hook | None = None,
    ) -> Line:
        """A call of the API; it is dialled when its turn comes."""
        line = self.new_line("outbound-api", from_, to, callback)
        line.call.fallback = source.fallback

        def answered() -> None:
            if detect_machine:
                voicemail = line.phone.answer == "voicemail"
                line.call.answered_by = "machine_start" if voicemail else "human"
            if record is not None:
                sid = line.call.sid
                self.recorder.start("OutboundAPI", call_sid=sid, callback=record)
            line.go(source)

        line.on_answer = answered

        async def turn() -> None:
            await self.call_turns.wait()
            if not line.call.over:
                await ring(line, timeout)

        self.spawn(turn())
        return line

    def call_in(self, number: Number, from_: str, phone: Phone) -> Line:
        """Somebody outside calls a number of the account."""
        hook = number.callback
        callback = Hook(hook.url, hook.method, ("completed",)) if hook else None
        line = self.new_line("inbound", from_, number.phone_number, callback, phone=phone)
        line.call.fallback = number.voice_fallback
        line.ring()
        line.begin_patience()
        if number.voice is None:
            line.end("failed", by="network", sip=404)
            return line
        line.go(Source(number.voice.url, number.voice.method, fallback=number.voice_fallback))
        return line


class Turns:
    """So many a virtual second, one after the other."""

    def __init__(self, clock: Clock, rate: float) -> None:
        self.rate = rate
        self._clock = clock
        self._next = 0.0

    async def wait(self) -> None:
        """Return when it is one's turn."""
        now = self._clock.seconds()
        turn = max(now, self._next)
        self._next = turn + 1 / self.rate
        await self._clock.sleep(turn - now)
