"""Agents at their screens: they follow the live feed and act by the API, by dice of one seed."""

import asyncio
import json
import threading
import uuid
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx
from websockets.asyncio.client import connect

from tests.hotline.screens import Screens
from tests.people import Person

Row = dict[str, Any]
SYSTEM = ("no_answer", "declined", "phone_failed")


@dataclass(frozen=True)
class Seat:
    """A signed-in agent."""

    id: str
    token: str
    csrf: str


class Staff:
    """All agents. `answers`: act and status of each request; `broken`: what must never be."""

    def __init__(
        self, base: str, seats: list[Seat], lead: Person, speed: float, seed: int, screens: int
    ) -> None:
        self.base, self.speed = base, speed
        self._tokens = [one.token for one in seats[:screens]]
        self.screens: Screens | None = None
        self.seats = {one.id: one for one in seats}
        self.lead = lead
        self.dice = Random(seed)
        self.rows: dict[str, Row] = {}
        self.answers: Counter[str] = Counter()
        self.broken: list[str] = []
        self.popped: dict[str, datetime] = {}
        self.ready = threading.Event()
        self.going_home = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def stop(self) -> None:
        """End the work."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)

    def go_home(self) -> None:
        """Everybody leaves, after the call where there is one."""
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(self._leave(), self._loop).result(120)

    async def work(self) -> None:
        """Follow the feed and act until stopped."""
        self._loop = asyncio.get_running_loop()
        cookie = self.lead.http.cookies["paidan_session"]
        numbers = {"agents": self.lead.get("/api/agents")["number"]}
        numbers["calls"] = self.lead.get("/api/desk")["number"]
        limits = httpx.Limits(max_connections=40, keepalive_expiry=2.0)
        url = self.base.replace("http", "ws", 1) + "/api/live"
        headers = {"Cookie": f"paidan_session={cookie}"}
        async with (
            httpx.AsyncClient(
                base_url=self.base, timeout=60, limits=limits, trust_env=False
            ) as self.web,
            connect(url, additional_headers=headers, proxy=None, max_size=None) as socket,
        ):
            for topic, number in numbers.items():
                await socket.send(json.dumps({"type": "subscribe", "topic": topic, "from": number}))
            reading = asyncio.create_task(self._read(socket))
            self.screens = Screens(self.base, self._tokens, numbers)
            looking = asyncio.create_task(self.screens.look())
            looking.add_done_callback(self._blind)
            for id_ in self.seats:
                await self.post(id_, "/api/agent/state", {"state": "available"})
            self.ready.set()
            await self._stop.wait()
            reading.cancel()
            looking.cancel()
            for task in list(self._tasks):
                task.cancel()

    async def post(self, id_: str, path: str, body: Any = None) -> int:
        """One act of an agent. Conflicts are usual: the world moves on while one clicks."""
        seat = self.seats[id_]
        headers = {
            "Cookie": f"paidan_session={seat.token}",
            "X-CSRF-Token": seat.csrf,
            "Idempotency-Key": str(uuid.uuid4()),
        }
        answer = await self.web.post(path, json=body, headers=headers)
        act = path.rsplit("/", 1)[-1]
        code = "" if answer.is_success else f" {answer.json().get('code')}"
        self.answers[f"{act} {answer.status_code}{code}"] += 1
        if answer.status_code not in (200, 404, 409):
            self.broken.append(f"{path} {answer.status_code} {answer.text[:200]}")
        return answer.status_code

    async def _leave(self) -> None:
        self.going_home = True
        for id_ in self.seats:
            await self.post(id_, "/api/agent/state", {"state": "offline"})

    async def _read(self, socket: Any) -> None:
        async for frame in socket:
            if isinstance(frame, bytes):
                continue
            message = json.loads(frame)
            for item in message.get("items", ()):
                if item["entity"] == "call" and item["value"]:
                    self.popped.setdefault(item["key"], datetime.now(UTC))
                elif item["entity"] == "agent" and item["key"] in self.seats:
                    self._saw(item["value"])

    def _saw(self, row: Row) -> None:
        before = self.rows.get(row["id"])
        self.rows[row["id"]] = row
        active = [one for one in row["calls"] if one["state"] == "active"]
        if len(active) > 1:
            self.broken.append(f"two calls at once: {row}")
        if before and (before["state"], before["since"]) == (row["state"], row["since"]):
            return
        acts = {
            "reserved": self._rings,
            "on_call": self._talks,
            "wrap_up": self._writes,
            "break": self._comes_back,
        }
        if row["state"] in acts:
            self._start(acts[row["state"]](row))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.broken.append(repr(error))

    def _blind(self, looking: asyncio.Task[None]) -> None:
        if not looking.cancelled() and (error := looking.exception()) is not None:
            self.broken.append(f"a screen was cut off: {error!r}")

    async def _pause(self, least: float, most: float) -> None:
        """Some seconds of business time."""
        await asyncio.sleep(self.dice.uniform(least, most) / self.speed)

    async def _rings(self, row: Row) -> None:
        if self.dice.random() < 0.03 and row["offer"]:
            await self._pause(0.2, 2)
            await self.post(row["id"], f"/api/offers/{row['offer']['id']}/decline")

    async def _talks(self, row: Row) -> None:
        """Most let the customer speak to the end."""
        me, call, kind = row["id"], f"/api/calls/{row['call_id']}", self.dice.random()
        await self._pause(5, 20)
        if kind < 0.15:
            await self.post(me, f"{call}/hang-up")
        elif kind < 0.27:
            await self.post(me, f"{call}/hold")
            await self._pause(3, 10)
            await self.post(me, f"{call}/resume")
        elif kind < 0.33:
            await self.post(me, f"{call}/transfer", {"queue": "enquiry"})
        elif kind < 0.40:
            await self._to_colleague(me, call)
        elif kind < 0.46:
            await self.post(me, f"{call}/park")
            await self._pause(3, 10)
            await self.post(me, f"{call}/resume")

    async def _to_colleague(self, me: str, call: str) -> None:
        free = [id_ for id_, row in self.rows.items() if row["state"] == "available" and id_ != me]
        if not free:
            return
        to = {"user_id": self.dice.choice(free)}
        if self.dice.random() < 0.5:
            await self.post(me, f"{call}/transfer", to)
            return
        await self.post(me, f"{call}/consult", to)
        await self._pause(5, 15)
        await self.post(me, f"{call}/{self.dice.choice(('complete', 'back'))}")

    async def _writes(self, row: Row) -> None:
        me = row["id"]
        await self._pause(1, 10)
        said = {"disposition": "answered"}
        await self.post(me, f"/api/calls/{row['call_id']}/disposition", said)
        if self.dice.random() < 0.2:
            await self.post(me, "/api/agent/wrap-up/extend", {"seconds": 30})
        await self._pause(1, 10)
        await self.post(me, "/api/agent/wrap-up/end")

    async def _comes_back(self, row: Row) -> None:
        if row["reason"] in SYSTEM:
            await self._pause(3, 10)
            state = "offline" if self.going_home else "available"
            await self.post(row["id"], "/api/agent/state", {"state": state})
