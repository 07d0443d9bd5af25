"""The queue: Enqueue, its wait documents and results, and taking callers out."""

import asyncio
from urllib.parse import urljoin

from telephony.simulator.errors import DOCUMENT_BAD_VERB, DocumentFailed
from telephony.simulator.line import HangUp, Jump, LeftQueue, Line
from telephony.simulator.model import Hook, Member, Queue, Source
from telephony.simulator.twiml import WAIT, Verb

LONGEST_NAME = 64
LEAST_WAIT_S = 1.0  # between two requests of a wait document that holds nothing


class Waiting:
    """A leg in a queue. `gone` becomes the result with which its Enqueue ends."""

    def __init__(self, line: Line, queue: Queue, verb: Verb, base: str) -> None:
        self.line, self.queue, self.verb, self.base = line, queue, verb, base
        now = line.exchange.clock.now()
        self.member = Member(line.call.sid, now)
        self.gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.music: asyncio.Task[None] | None = None
        queue.members.append(self.member)
        queue.updated_at = now
        line.exchange.trace.add("queue", act="join", call=line.call.sid, queue=queue.name)

    def waited(self) -> int:
        """Whole seconds in the queue so far."""
        now = self.line.exchange.clock.now()
        return max(round((now - self.member.enqueued_at).total_seconds()), 0)

    def step_out(self, result: str) -> dict[str, str]:
        """No longer in the queue; what the action is told."""
        if self.member in self.queue.members:
            self.queue.members.remove(self.member)
            self.queue.waits.append(self.waited())
            self.queue.updated_at = self.line.exchange.clock.now()
        self.line.exchange.trace.add(
            "queue", act="leave", call=self.line.call.sid, queue=self.queue.name, result=result
        )
        return {
            "QueueResult": result,
            "QueueSid": self.queue.sid,
            "QueueTime": str(self.waited()),
        }

    def release(self, result: str) -> None:
        """Let the Enqueue end with a result."""
        if not self.gone.done():
            self.gone.set_result(result)

    def leave(self, line: Line, reason: str) -> None:
        """The caller hung up, or REST took the call elsewhere."""
        result = "redirected" if reason == "redirected" else "hangup"
        if result == "hangup" and line.exchange.mischief.happens("system_error"):
            result = "system-error"
        tell_action(self, self.step_out(result))

    def wait_params(self) -> dict[str, str]:
        """What a wait document is asked with."""
        return {
            "QueuePosition": str(self.queue.position(self.member.call_sid)),
            "QueueSid": self.queue.sid,
            "QueueTime": str(self.waited()),
            "AvgQueueTime": str(self.queue.average_wait),
            "CurrentQueueSize": str(len(self.queue.members)),
            "MaxQueueSize": str(self.queue.max_size),
        }


def tell_action(waiting: Waiting, told: dict[str, str]) -> None:
    """Report how the wait ended; the answer is not obeyed."""
    action = waiting.verb.get("action")
    if action:
        hook = Hook(urljoin(waiting.base, action), waiting.verb.get("method", "POST").upper())
        line = waiting.line
        line.exchange.deliver.tell(hook, line.params(**told), about="queue.action")


async def enqueue(line: Line, verb: Verb, base: str) -> None:
    """Wait until somebody takes the caller out, the document leaves, or the caller does."""
    name = verb.text
    if not 0 < len(name) <= LONGEST_NAME:
        raise DocumentFailed(DOCUMENT_BAD_VERB, "Schema validation: Enqueue names no queue")
    line.answer()
    queue = line.exchange.queue(name)
    if len(queue.members) >= queue.max_size:
        line.exchange.trace.add("queue", act="full", call=line.call.sid, queue=name)
        told = {"QueueResult": "queue-full", "QueueSid": queue.sid, "QueueTime": "0"}
        line.jump(verb, base, **told)
        return
    waiting = Waiting(line, queue, verb, base)
    line.place = waiting
    line.exchange.waiting[line.call.sid] = waiting
    waiting.music = line.exchange.spawn(_entertain(waiting))
    try:
        result = await waiting.gone
    finally:
        waiting.music.cancel()
        line.exchange.waiting.pop(line.call.sid, None)
    line.place = None
    line.jump(verb, base, **waiting.step_out(result))


async def _entertain(waiting: Waiting) -> None:
    """The wait documents; they may end the wait."""
    try:
        await _music(waiting)
    except LeftQueue:
        waiting.release("leave")
    except DocumentFailed:
        waiting.release("error")
    except HangUp as end:
        if not waiting.gone.done():
            waiting.gone.set_exception(end)


async def _music(waiting: Waiting) -> None:
    """Ask the wait document again and again; without one, the carrier's own music."""
    line, verb = waiting.line, waiting.verb
    if not verb.get("waitUrl"):
        await asyncio.Event().wait()
    first = urljoin(waiting.base, verb.get("waitUrl"))
    method = verb.get("waitUrlMethod", "POST").upper()
    source = Source(first, method)
    while True:
        began = line.exchange.clock.seconds()
        params = tuple(waiting.wait_params().items())
        asked = Source(source.url, source.method, extra=(*params, *source.extra))
        try:
            document = await line.fetch(asked, WAIT)
            await line.execute(document, asked.url)
            source = Source(first, method)
        except Jump as jump:
            source = jump.source
        except DocumentFailed as failure:
            line.failed(failure, asked)
            raise
        await line.exchange.clock.sleep(LEAST_WAIT_S - (line.exchange.clock.seconds() - began))


def take_out(waiting: Waiting, source: Source) -> None:
    """REST takes the caller out, wherever in the queue; the action says `redirected`."""
    waiting.line.go(source)
