"""Conferences: one mixing bridge for each call, and a bridge aside for who whispers.

A bridge has the conference's name. Who is in it is told by the exchange's own events.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from core.clock import now
from telephony.asterisk import ari, reports
from telephony.asterisk.ari import AriAsync, path
from telephony.asterisk.line import Line
from telephony.asterisk.reports import Event
from telephony.gateway import CarrierFailed, Refused
from telephony.rules import CarrierEvent
from telephony.script import Join, Mode

NOT_IN = (400, ari.NOT_FOUND)
NOT_YET = "422"
TRIES, AGAIN_S = 20, 0.05
ASIDE = "aside-"
SPY = "spy-"
HUNG_UP = "participant_hung_up"
MOVED = "participant_moved"
REMOVED = "participant_removed"


@dataclass
class Room:
    """A conference: the lines in it by channel, and whether it has begun."""

    name: str
    lines: dict[str, Line] = field(default_factory=dict)
    begun: bool = False
    making: asyncio.Lock = field(default_factory=asyncio.Lock)


class Conferences:
    """All conferences. `tell`: takes a report, soon."""

    def __init__(self, link: AriAsync, tell: Callable[[CarrierEvent], None]) -> None:
        self._ari = link
        self._tell = tell
        self._rooms: dict[str, Room] = {}
        self._quiet: set[str] = set()
        """Channels that change their bridge within a conference: nobody came or went."""
        self._held: set[str] = set()
        """Channels of which a hold was told."""

    async def join(self, line: Line, node: Join) -> None:
        """Put a leg into its conference, which is made with the first."""
        name = node.conference
        room = self._rooms.setdefault(name, Room(name))
        async with room.making:
            await self._bridge(name)
        line.room, line.join = name, node
        room.lines[line.channel] = line
        await self._place(line, node)
        room.begun = room.begun or node.starts
        if room.begun:
            await self._begin(room)
        else:
            await self._ari.ask("POST", path("bridges", name, "moh"), but=(ari.CONFLICT,))

    def resume(self, line: Line, node: Join, *, held: bool) -> None:
        """A leg that was in its conference all along, while nobody listened."""
        room = self._rooms.setdefault(node.conference, Room(node.conference))
        line.room, line.join, line.held = node.conference, node, held
        room.lines[line.channel] = line
        room.begun = room.begun or node.starts
        if held:
            self._held.add(line.channel)

    def forget(self) -> None:
        """Nobody listens any more: what is known may change."""
        self._rooms.clear()
        self._quiet.clear()
        self._held.clear()

    async def _begin(self, room: Room) -> None:
        nothing = (ari.NOT_FOUND, ari.CONFLICT)
        await self._ari.ask("DELETE", path("bridges", room.name, "moh"), but=nothing)

    async def _place(self, line: Line, node: Join) -> None:
        """Into the bridge that the mode needs."""
        mute = "POST" if node.mode == "listen" else "DELETE"
        await self._ari.ask(
            mute,
            path("channels", line.channel, "mute"),
            but=(ari.CONFLICT,),
            query={"direction": "in"},
        )
        if node.mode != "whisper" or not node.coach:
            await self._add(node.conference, line.channel)
            return
        aside, spy = ASIDE + line.channel, SPY + line.channel
        await self._bridge(aside)
        await self._add(aside, line.channel)
        wish = {"app": ari.APP, "appArgs": "spy", "spy": "both", "whisper": "out"}
        where = path("channels", node.coach, "snoop", spy)
        await self._ari.ask("POST", where, wish, but=(ari.CONFLICT,))
        await self._add(aside, spy)

    async def _bridge(self, name: str) -> None:
        """Make it, unless it is there: one that is refuses to be made again."""
        if await self._ari.ask("GET", path("bridges", name), but=(ari.NOT_FOUND,)) is None:
            await self._ari.ask("POST", path("bridges", name), {"type": "mixing", "name": name})

    async def _add(self, bridge: str, channel: str) -> None:
        await self._ari.ask("POST", path("bridges", bridge, "addChannel"), {"channel": channel})

    async def leave(self, line: Line) -> None:
        """Take a leg out, for something else that it is to do."""
        if line.held:
            line.held = False
            await self._music(line, "DELETE")
            await self._gone(line, {}, MOVED)
        else:
            line.moving = True
            await self._take_out(line)

    async def hold(self, line: Line, *, on: bool) -> None:
        """Let a participant hear music, or take part again."""
        if line.room is None or line.held == on:
            return
        line.held = on
        if on:
            await self._take_out(line, patience=TRIES)
            await self._music(line, "POST")
        else:
            await self._music(line, "DELETE")
            await self._add(line.room, line.channel)

    async def mode(self, line: Line, mode: Mode, coach: str | None) -> None:
        """Change how a supervisor takes part."""
        if line.room is None or line.join is None:
            return
        self._quiet.add(line.channel)
        await self._take_out(line)
        await self._end_aside(line)
        line.join = replace(line.join, mode=mode, coach=coach)
        await self._place(line, line.join)

    async def _take_out(self, line: Line, patience: int = 0) -> None:
        """Out of its bridge. `patience`: how often one is awaited that is about to come in."""
        aside = line.join is not None and line.join.mode == "whisper"
        bridge = ASIDE + line.channel if aside else str(line.room)
        where = path("bridges", bridge, "removeChannel")
        for left in range(patience, -1, -1):
            try:
                await self._ari.ask("POST", where, {"channel": line.channel}, but=NOT_IN)
            except Refused as refused:
                if refused.code != NOT_YET or not left:
                    raise
                await asyncio.sleep(AGAIN_S)
            else:
                return

    async def _end_aside(self, line: Line) -> None:
        for where in (path("channels", SPY + line.channel), path("bridges", ASIDE + line.channel)):
            await self._ari.ask("DELETE", where, but=(ari.NOT_FOUND,))

    async def _music(self, line: Line, method: str) -> None:
        where = path("channels", line.channel, "moh")
        await self._ari.ask(method, where, but=(ari.NOT_FOUND, ari.CONFLICT))

    def entered(self, line: Line, event: Event) -> None:
        """The exchange says that a leg came into a bridge."""
        if line.room is None:
            return
        if line.channel in self._quiet:
            self._quiet.discard(line.channel)
            return
        back = line.channel in self._held
        self._held.discard(line.channel)
        self._report(line, event, "unhold" if back else "join")

    async def left(self, line: Line, event: Event) -> None:
        """The exchange says that a leg went out of a bridge."""
        if line.room is None or line.channel in self._quiet:
            return
        if line.held:
            self._held.add(line.channel)
            self._report(line, event, "hold")
            return
        reason = HUNG_UP if line.hung_up else MOVED if line.moving else REMOVED
        await self._gone(line, event, reason)

    async def gone(self, line: Line, event: Event) -> None:
        """The channel is over, also one on hold, which is in no bridge."""
        self._quiet.discard(line.channel)
        self._held.discard(line.channel)
        if line.room is not None:
            await self._gone(line, event, HUNG_UP if line.hung_up else REMOVED)
        with suppress(CarrierFailed):
            await self._end_aside(line)

    async def _gone(self, line: Line, event: Event, reason: str) -> None:
        name, node = str(line.room), line.join
        self._report(line, event, "leave", reason)
        ends = node is not None and node.ends and reason != MOVED
        line.room, line.join, line.moving = None, None, False
        line.put_out()
        room = self._rooms.get(name)
        if room is None:
            return
        room.lines.pop(line.channel, None)
        if ends or not room.lines:
            await self._over(room, event)

    async def _over(self, room: Room, event: Event) -> None:
        self._rooms.pop(room.name, None)
        self._tell(reports.conference(room.name, None, event, now(), "end"))
        for line in room.lines.values():
            with suppress(CarrierFailed):
                await line.hang_up()
        with suppress(CarrierFailed):
            await self._ari.ask("DELETE", path("bridges", room.name), but=(ari.NOT_FOUND,))

    def _report(self, line: Line, event: Event, what: str, reason: str = "") -> None:
        told = reports.conference(str(line.room), line.party, event, now(), what, reason)
        self._tell(told)
