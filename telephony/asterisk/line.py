"""One channel: plays its script, node by node, and asks what is next.

A script is a task of the event loop; another script ends it. What a leg was last asked stands in
a variable of its channel, so that a player of scripts that was away can go on.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol
from uuid import UUID, uuid4

from core.clock import monotonic, now
from core.logging import logger
from telephony.asterisk import ari, reports
from telephony.asterisk.ari import path
from telephony.asterisk.reports import Event, Party
from telephony.gateway import CarrierFailed
from telephony.rules import CarrierEvent
from telephony.script import (
    Enqueue,
    Gather,
    HangUp,
    Heard,
    Join,
    Leave,
    Node,
    Pause,
    Play,
    Record,
    Reject,
    Say,
    Script,
)
from telephony.script_json import from_json, to_json

MAX_KEYS = 64
REST_S = 1.0
"""Between two questions of a waiting caller whose script takes no time."""
REASONS = {"busy": "busy", "rejected": "congestion"}
AGAIN = 100
"""Times that a play without an end is repeated at most: it is heard for hours then."""
log = logger(__name__)


class Rooms(Protocol):
    """Conferences, as a line needs them."""

    async def join(self, line: "Line", node: Join) -> None: ...

    async def leave(self, line: "Line") -> None: ...

    def resume(self, line: "Line", node: Join, *, held: bool) -> None: ...


class Exchange(Protocol):
    """What a line needs of whoever drives it."""

    ari: ari.AriAsync

    @property
    def rooms(self) -> Rooms:
        """The conferences of the exchange."""
        ...

    async def answer(self, event: CarrierEvent) -> tuple[UUID | None, Script]:
        """Take a report and ask what is next; never raises."""
        ...

    def report(self, event: CarrierEvent) -> None:
        """Take a report, soon."""
        ...

    async def sound(self, text: str, language: str) -> str:
        """The file of these words."""
        ...


class Line:
    """A channel of ours."""

    def __init__(self, exchange: Exchange, party: Party) -> None:
        self.party = party
        self.channel = party.channel
        self.hung_up = False
        """The telephone itself hung up."""
        self.answered = False
        self.room: str | None = None
        self.held = False
        self.join: Join | None = None
        self.moving = False
        """It is taken out of its conference, to do something else."""
        self._exchange = exchange
        self._ari = exchange.ari
        self._turn = 0
        self._wish = ""
        self._queue = ""
        self._since = 0.0
        self._keys: asyncio.Queue[str] = asyncio.Queue()
        self._ends: dict[str, asyncio.Future[Event]] = {}
        self._out = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self, work: Callable[[], Awaitable[Script]]) -> None:
        """Do this, then what it says; what went on before ends now."""
        before = self._task
        self._task = asyncio.create_task(self._run(before, work))

    def wish(self, wish: dict[str, Any]) -> None:
        """Go on with the script that somebody wishes, once."""
        if wish["id"] != self._wish:
            self._wish = wish["id"]
            self.start(lambda: self._taken_out(from_json(wish["script"])))

    def key(self, digit: str) -> None:
        """A key was pressed."""
        self._keys.put_nowait(digit)

    def ended(self, name: str, event: Event) -> None:
        """A sound was played, or a recording is over."""
        if (waiting := self._ends.pop(name, None)) is not None and not waiting.done():
            waiting.set_result(event)

    def put_out(self) -> None:
        """The conference is over for this leg."""
        self._out.set()

    async def close(self) -> None:
        """The channel is gone."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def first(self, event: CarrierEvent) -> Script:
        """The script of a caller who rings: the call is taken, unless it is to be rejected."""
        script = await self._ask(event)
        if not (script and isinstance(script[0], Reject)):
            await self.pick_up()
        return script

    async def pick_up(self) -> None:
        await self._ari.ask("POST", path("channels", self.channel, "answer"))

    async def asked(self, name: str, digits: str = "") -> Script:
        """What is next after this step."""
        self._turn += 1
        waited = {"queue_s": self._waited()} if name.partition(".")[0] == "wait" else {}
        return await self._ask(reports.step(self.party, name, self._turn, now(), digits, **waited))

    async def again(self, at: dict[str, Any]) -> Script:
        """Go on where the channel was when nobody played its script: the same is asked again."""
        self._turn, self._wish = int(at["turn"]), str(at["wish"])
        if at["queue"]:
            return (Enqueue(at["queue"]),)
        if at["join"]:
            (node,) = from_json([at["join"]])
            assert isinstance(node, Join)
            self._exchange.rooms.resume(self, node, held=at["held"])
            await self._out.wait()
            return ()
        self._turn -= 1
        return await self.asked(at["step"], at["digits"])

    async def _ask(self, event: CarrierEvent) -> Script:
        await self.note(event.step, event.digits)
        leg_id, script = await self._exchange.answer(event)
        if leg_id is not None and self.party.leg_id is None:
            self.party = self.party.named(leg_id)
            await self._set(ari.PARTY, self.party.written())
        return script

    async def note(self, step: str = "", digits: str = "") -> None:
        """Keep at the channel where it is."""
        at = {
            "turn": self._turn,
            "step": step,
            "digits": digits,
            "queue": self._queue,
            "wish": self._wish,
            "join": to_json((self.join,))[0] if self.join else None,
            "held": self.held,
        }
        await self._set(ari.AT, json.dumps(at))

    async def _set(self, variable: str, value: str) -> None:
        wish = {"variable": variable, "value": value}
        where = path("channels", self.channel, "variable")
        await self._ari.ask("POST", where, wish, but=(ari.NOT_FOUND,))

    async def _run(
        self, before: asyncio.Task[None] | None, work: Callable[[], Awaitable[Script]]
    ) -> None:
        if before is not None:
            before.cancel()
            await asyncio.wait([before])
        try:
            await self._perform(await work())
        except CarrierFailed as failed:
            log.warning("script_ended", channel=self.channel, code=failed.code)
        with suppress(CarrierFailed):
            await self.hang_up()

    async def hang_up(self, reason: str = "normal") -> None:
        where = path("channels", self.channel)
        await self._ari.ask("DELETE", where, but=(ari.NOT_FOUND,), query={"reason": reason})

    async def _taken_out(self, script: Script) -> Script:
        """A script from outside: the leg leaves where it is."""
        if self.room is not None:
            await self._exchange.rooms.leave(self)
        if self._queue:
            await self._unqueued("redirected")
        await self.note()
        return script

    async def _perform(self, script: Script) -> bool:
        """Play it to its end; True: the leg left the queue."""
        nodes: Sequence[Node] = script
        while nodes:
            node, nodes = nodes[0], nodes[1:]
            match node:
                case Say() | Play() | Pause():
                    await self._hear(node)
                case Gather():
                    nodes = await self._gather(node)
                case Enqueue():
                    nodes = await self._wait(node)
                case Record():
                    nodes = await self._record(node)
                case Join():
                    await self._confer(node)
                case Leave():
                    return True
                case Reject():
                    await self.hang_up(REASONS[node.reason])
                case HangUp():
                    await self.hang_up()
        return False

    async def _hear(self, node: Heard) -> None:
        match node:
            case Pause():
                await asyncio.sleep(node.seconds)
            case Say():
                await self._sound(await self._exchange.sound(node.text, node.language))
            case Play():
                for _ in range(node.loop or AGAIN):
                    await self._sound(node.url)

    async def _sound(self, address: str) -> None:
        """Play to the end; whoever is interrupted is silent at once."""
        name = str(uuid4())
        over = self._ends[name] = asyncio.get_running_loop().create_future()
        where = path("channels", self.channel, "play", name)
        try:
            await self._ari.ask("POST", where, {"media": f"sound:{address}"})
            await over
        except asyncio.CancelledError:
            with suppress(CarrierFailed):
                await self._ari.ask("DELETE", path("playbacks", name), but=(ari.NOT_FOUND,))
            raise
        finally:
            self._ends.pop(name, None)

    async def _gather(self, node: Gather) -> Script:
        """The first key ends the prompts; one that was pressed before counts: who knows the menu
        need not hear it.
        """
        digits = await self._first_key(node)
        while digits and digits != "#" and len(digits) < (node.digits or MAX_KEYS):
            try:
                key = await asyncio.wait_for(self._keys.get(), node.timeout_s)
            except TimeoutError:
                break
            if node.digits is None and key == "#":
                break
            digits += key
        return await self.asked(node.step, "" if node.digits is None and digits == "#" else digits)

    async def _first_key(self, node: Gather) -> str:
        prompts = asyncio.create_task(self._hear_all(node.prompts))
        key = asyncio.create_task(self._keys.get())
        try:
            await asyncio.wait({prompts, key}, return_when=asyncio.FIRST_COMPLETED)
            if prompts.done():
                prompts.result()
            await asyncio.wait({key}, timeout=node.timeout_s)
            return key.result() if key.done() else ""
        finally:
            for task in (prompts, key):
                task.cancel()
            await asyncio.wait({prompts, key})

    async def _hear_all(self, prompts: Sequence[Heard]) -> None:
        for prompt in prompts:
            await self._hear(prompt)

    async def _wait(self, node: Enqueue) -> Script:
        """Music, and now and then what the queue has to say."""
        self._queue, self._keys = node.queue, asyncio.Queue()
        self._since = monotonic()
        await self._music("POST")
        while True:
            began = monotonic()
            if await self._perform(await self.asked(node.step)):
                return await self._unqueued("leave")
            if monotonic() - began < REST_S:
                await asyncio.sleep(REST_S)

    async def _unqueued(self, result: str) -> Script:
        """The wait is over; what is next, where the leg left by itself."""
        waited, self._queue = self._waited(), ""
        self._turn += 1
        event = reports.left_queue(self.party, result, self._turn, now(), waited)
        await self._music("DELETE")
        if result == "leave":
            return await self._ask(event)
        self._exchange.report(event)
        return ()

    def _waited(self) -> int:
        return int(monotonic() - self._since)

    async def _music(self, method: str) -> None:
        where = path("channels", self.channel, "moh")
        await self._ari.ask(method, where, but=(ari.NOT_FOUND, ari.CONFLICT))

    async def _confer(self, node: Join) -> None:
        """Until the conference is over for this leg."""
        self._out.clear()
        await self._exchange.rooms.join(self, node)
        await self.note()
        await self._out.wait()

    async def _record(self, node: Record) -> Script:
        name = str(uuid4())
        over = self._ends[name] = asyncio.get_running_loop().create_future()
        wish = {
            "name": name,
            "format": "wav",
            "maxDurationSeconds": node.max_s,
            "maxSilenceSeconds": 5,
            "beep": True,
            "terminateOn": "any",
        }
        try:
            await self._ari.ask("POST", path("channels", self.channel, "record"), wish)
            told = await over
        finally:
            self._ends.pop(name, None)
        event = reports.recording(self.party, name, told, now())
        self._exchange.report(event)
        self._turn += 1
        asked = reports.step(
            self.party,
            node.step,
            self._turn,
            now(),
            recording=name,
            recording_s=event.recording_s,
        )
        return await self._ask(asked)
