"""Listens to an exchange and plays the scripts of its legs, as long as the connection lasts.

What goes on is kept at the channels, not here: with a new connection, also one of another process,
everything is read anew, and what has ended meanwhile is told as it is found.
"""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar
from uuid import UUID

from core.clock import now
from core.correlation import correlated
from core.errors import Problem
from core.logging import logger
from core.settings import Settings
from core.trouble import Trouble
from telephony import answering, service, welcome
from telephony.asterisk import ari, reports
from telephony.asterisk.ari import AriAsync, path
from telephony.asterisk.line import Line
from telephony.asterisk.numbers import number_of
from telephony.asterisk.reports import INBOUND, Event, Party
from telephony.asterisk.rooms import Conferences
from telephony.asterisk.speech import Speech
from telephony.gateway import CarrierFailed
from telephony.rules import CarrierEvent
from telephony.script import Reject, Script, Step

AT_ONCE = 8
REPORTERS = 4
AGAIN_S = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Pauses before a report is taken again that could not be written."""
CALLER, PLACED = "in", "placed"
T = TypeVar("T")
log = logger(__name__)


class Player:
    """One connection's worth of work. `speech`: what makes words heard."""

    def __init__(self, link: AriAsync, own: Settings, speech: Speech) -> None:
        self.ari = link
        self.rooms = Conferences(link, self.report)
        self._own = own
        self._speech = speech
        self._lines: dict[str, Line] = {}
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="asterisk")
        self._reports: list[asyncio.Queue[CarrierEvent]] = [
            asyncio.Queue() for _ in range(REPORTERS)
        ]
        self._reporters = [asyncio.create_task(self._take(one)) for one in self._reports]
        self._trouble = Trouble(log, "report_not_taken")

    async def close(self, patience_s: float = 2.0) -> None:
        """End all scripts; what was heard is still written, if that is soon."""
        await asyncio.gather(*(line.close() for line in self._lines.values()))
        self._lines.clear()
        self.rooms.forget()
        written = asyncio.gather(*(one.join() for one in self._reports))
        with suppress(TimeoutError):
            await asyncio.wait_for(written, patience_s)
        for task in self._reporters:
            task.cancel()
        await asyncio.gather(*self._reporters, return_exceptions=True)
        self._threads.shutdown(wait=False)

    # What lines ask of us.

    async def answer(self, event: CarrierEvent) -> tuple[UUID | None, Script]:
        """What is next. Where the product is too slow or not there, a caller hears the fallback."""
        work = self._in_thread(lambda: answering.answer(event))
        try:
            found = await asyncio.wait_for(work, self._own.webhook_budget_seconds)
        except Problem as problem:
            log.warning("leg_not_served", code=problem.code)
            return None, (Reject(),) if event.kind == "voice" else welcome.NO_AGENT
        except Exception as error:
            log.warning("fallback_answered", because=type(error).__name__)
            self.report(event)
            more = {"QueueResult": event.queue_result}
            step = Step(event.step if event.step != "left" else "answer", more=more)
            inbound = event.direction == INBOUND
            return None, welcome.caller(None, None, step) if inbound else welcome.NO_AGENT
        return found.leg_id, found.script

    def report(self, event: CarrierEvent) -> None:
        """Take a report, after those that came before about the same call."""
        about = event.carrier_call or event.conference
        self._reports[sum(about.encode()) % REPORTERS].put_nowait(event)

    async def sound(self, text: str, language: str) -> str:
        """The file of these words."""
        return await self._in_thread(lambda: self._speech.sound(text, language))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _take(self, queue: "asyncio.Queue[CarrierEvent]") -> None:
        while True:
            event = await queue.get()
            tries = 0
            while not await self._taken(event):
                await asyncio.sleep(AGAIN_S[min(tries, len(AGAIN_S) - 1)])
                tries += 1
            queue.task_done()

    async def _taken(self, event: CarrierEvent) -> bool:
        try:
            await self._in_thread(lambda: service.receive(event))
        except Problem as problem:
            log.warning("report_refused", code=problem.code, kind=event.kind)
        except Exception as error:  # the database is away: what was heard is not lost
            self._trouble.failed(error)
            return False
        return True

    # What the exchange tells.

    async def hear(self, event: Event) -> None:
        """One event."""
        channel = event.get("channel") or event.get("peer") or {}
        with correlated():
            if event["type"] == "StasisStart":
                await self._began(event)
                return
            if (whose := reports.taped(event)) is not None:
                name = event["recording"]["name"]
                self.report(reports.recording(whose, name, event, now()))
                return
            line = await self._line_of(event, str(channel.get("id", "")))
            if line is not None:
                await self._heard(line, event)

    async def _line_of(self, event: Event, channel: str) -> Line | None:
        """Whose event it is; a leg that we placed is known from its first one on."""
        if event["type"].startswith(("Playback", "Recording")):
            told = event.get("playback") or event.get("recording") or {}
            channel = str(told.get("target_uri", "")).removeprefix("channel:")
        if channel not in self._lines and event["type"] in ("Dial", "ChannelStateChange"):
            await self._placed(channel)
        if channel not in self._lines and event["type"] == "ChannelDestroyed":
            party = reports.placed_party(event["channel"])
            return Line(self, party) if party else None
        return self._lines.get(channel)

    async def _began(self, event: Event) -> None:
        """A channel is ours from now on: a caller, or a leg that we placed and that answered."""
        channel, words = event["channel"], event.get("args") or [""]
        if channel["id"] in self._lines:
            line = self._lines[channel["id"]]
        elif words[0] == CALLER:
            region = self._own.phone_region
            caller = number_of(channel["caller"].get("number") or "", region)
            party = Party(channel["id"], INBOUND, caller, number_of("".join(words[1:2]), region))
            line = self._lines[party.channel] = Line(self, party)
            line.start(lambda: line.first(reports.voice(party, event, now())))
            return
        elif words[0] == PLACED:
            found = await self._placed(channel["id"])
            if found is None:
                return
            line = found
        else:
            return
        if not line.answered and line.party.direction != INBOUND:
            line.answered = True
            self.report(reports.status(line.party, event, now(), "in-progress"))
            line.start(lambda: line.asked("answer"))

    async def _placed(self, channel: str) -> Line | None:
        """The line of a leg that `paidan dial` placed: the channel says whose it is."""
        if not reports.is_ours(channel):
            return None
        party = reports.party_of(channel, await self._variable(channel, ari.PARTY))
        if party is None:
            return None
        return self._lines.setdefault(channel, Line(self, party))

    async def _heard(self, line: Line, event: Event) -> None:
        match event["type"]:
            case "ChannelStateChange":
                self._state(line, event)
            case "ChannelDtmfReceived":
                line.key(event["digit"])
            case "PlaybackFinished":
                line.ended(event["playback"]["id"], event)
            case "RecordingFinished" | "RecordingFailed":
                line.ended(event["recording"]["name"], event)
            case "ChannelEnteredBridge":
                self.rooms.entered(line, event)
            case "ChannelLeftBridge":
                await self.rooms.left(line, event)
            case "ChannelUserevent":
                await self._wished(line, event)
            case "ChannelHangupRequest":
                line.hung_up = line.hung_up or reports.by_itself(event)
            case "ChannelDestroyed":
                await self._over(line, event)

    def _state(self, line: Line, event: Event) -> None:
        state = {"Ringing": "ringing", "Up": "in-progress"}.get(event["channel"]["state"])
        if state == "in-progress" and (line.answered or line.party.direction != INBOUND):
            return  # a leg that we placed is told of when it comes to us
        line.answered = line.answered or state == "in-progress"
        if state is not None:
            self.report(reports.status(line.party, event, now(), state))

    async def _wished(self, line: Line, event: Event) -> None:
        wish = json.loads(event["userevent"]["wish"])
        try:
            match event["eventname"]:
                case "redirect":
                    line.wish(wish)
                case "hold":
                    await self.rooms.hold(line, on=wish["on"])
                    await line.note()
                case "mode":
                    await self.rooms.mode(line, wish["mode"], wish["coach"])
                    await line.note()
        except CarrierFailed as failed:
            log.warning("wish_failed", channel=line.channel, code=failed.code)

    async def _over(self, line: Line, event: Event) -> None:
        self._lines.pop(line.channel, None)
        await self.rooms.gone(line, event)
        self.report(reports.status(line.party, event, now(), reports.over(event)))
        await line.close()
        wish = {"variable": ari.END + line.channel}
        try:
            await self.ari.ask("POST", path("asterisk", "variable"), wish)
        except CarrierFailed as failed:
            log.info("end_not_cleared", code=failed.code)

    # What went on while nobody listened.

    async def take_up(self) -> set[str]:
        """Go on with all channels that are there; their ids."""
        channels = await self.ari.ask("GET", path("channels"))
        for channel in channels:
            try:
                await self._take_up(channel)
            except CarrierFailed as failed:  # it ended just now
                log.info("channel_not_taken_up", code=failed.code)
        return {channel["id"] for channel in channels}

    async def _take_up(self, channel: Any) -> None:
        id_ = channel["id"]
        party = reports.party_of(id_, await self._variable(id_, ari.PARTY))
        if party is None or id_ in self._lines:
            return
        line = self._lines[id_] = Line(self, party)
        if channel["state"] != reports.UP:
            return
        line.answered = True
        at = json.loads(await self._variable(id_, ari.AT) or "null")
        wish = json.loads(await self._variable(id_, ari.WISH) or "null")
        if at is None:  # answered while nobody listened
            self.report(reports.status(party, {}, now(), "in-progress"))
            line.start(lambda: line.asked("answer"))
        else:
            line.start(lambda: line.again(at))
        if wish is not None and (at is None or wish["id"] != at["wish"]):
            line.wish(wish)
        log.info("channel_taken_up", channel=id_)

    async def _variable(self, channel: str, name: str) -> str:
        where = path("channels", channel, "variable")
        said = await self.ari.ask("GET", where, but=(ari.NOT_FOUND,), query={"variable": name})
        return str(said["value"]) if said else ""
