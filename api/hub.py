"""The hub of live connections of one API process. Any number of processes may run.

PostgreSQL's NOTIFY wakes it, a poll stands behind that; what is sent always comes from the
numbered rows. A client that cannot keep up is closed and fetches again.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from uuid import UUID

from fastapi import WebSocket
from sqlalchemy.exc import SQLAlchemyError

from api.deliveries import RECEIVERS, Delivery, take_due
from api.ears import Ears
from api.positions import Positions
from api.presence import Presence
from core import live
from core.auth import principal_of
from core.clock import meets_in, now, rate
from core.db import read_session
from core.errors import NotAuthenticated
from core.identity import Principal
from core.listen import DELIVER, LIVE, listening_async
from core.logging import logger
from core.models import LiveDelta
from core.trouble import Trouble
from dashboards.seen import Viewer, delta_seen, viewer_of

log = logger(__name__)
QUEUE = 2_000
HEARTBEAT_S = 5.0
LOGIN_ENDED = 4401
TOO_SLOW = 4408
ABNORMAL = 1006


class Client:
    """One connection: what it follows and what waits to be sent to it."""

    def __init__(self, socket: WebSocket, principal: Principal, token: str | None) -> None:
        self.socket = socket
        self.principal = principal
        self.viewer = viewer_of(principal)
        self.token = token
        self.topics: dict[str, str] = {}
        self._queue: asyncio.Queue[str | bytes] = asyncio.Queue(QUEUE)
        self.too_slow = False
        self.closed_with = ABNORMAL

    def put(self, message: dict[str, Any]) -> None:
        """Queue a JSON message."""
        self.put_raw(json.dumps(message, ensure_ascii=False))

    def put_raw(self, message: str | bytes) -> None:
        """Queue an encoded message; a full queue marks the client for closing."""
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self.too_slow = True

    async def send_all(self) -> None:
        """Send what is queued until cancelled."""
        with suppress(RuntimeError):  # the socket was closed under us
            while True:
                message = await self._queue.get()
                if isinstance(message, bytes):
                    await self.socket.send_bytes(message)
                else:
                    await self.socket.send_text(message)


class Feed:
    """One stored topic with its followers: the name each uses for it, and the last number read."""

    def __init__(self, org_id: int, topic: str) -> None:
        self.org_id, self.topic = org_id, topic
        self.number = -1
        self.clients: dict[Client, str] = {}
        self.lock = asyncio.Lock()

    async def pull(self) -> None:
        """Read new deltas once and send them to all followers."""
        async with self.lock:
            if self.number < 0:
                self.number = await asyncio.to_thread(_head, self.org_id, self.topic)
                return
            while items := await asyncio.to_thread(_after, self.org_id, self.topic, self.number):
                if isinstance(items, list):
                    self.number = items[-1]["number"]
                    self._broadcast(items)
                else:
                    self.number = await asyncio.to_thread(_head, self.org_id, self.topic)
                    for client, name in self.clients.items():
                        client.put({"type": "resync", "topic": name})

    def _broadcast(self, items: list[dict[str, Any]]) -> None:
        """Encode once for all who see the same, and send."""
        encoded: dict[tuple[str, Viewer], str] = {}
        for client, name in self.clients.items():
            key = (name, client.viewer)
            if key not in encoded:
                message = _deltas(name, items, client.viewer)
                encoded[key] = json.dumps(message, ensure_ascii=False)
            client.put_raw(encoded[key])

    async def add(self, client: Client, name: str, number: int) -> None:
        """Bring a client from its number to ours, then let it follow."""
        await self.pull()
        async with self.lock:
            reached = number
            while reached < self.number:
                items = await asyncio.to_thread(_after, self.org_id, self.topic, reached)
                if not isinstance(items, list) or not items:
                    break
                items = [item for item in items if item["number"] <= self.number]
                if not items:
                    break
                client.put(_deltas(name, items, client.viewer))
                reached = items[-1]["number"]
            if reached != self.number:
                client.put({"type": "resync", "topic": name})
            client.put(self.heartbeat(name))
            self.clients[client] = name

    def heartbeat(self, name: str) -> dict[str, Any]:
        return {
            "type": "heartbeat",
            "topic": name,
            "head": max(self.number, 0),
            "server_time": now().isoformat().replace("+00:00", "Z"),
            "rate": rate(),
        }


def _deltas(name: str, items: list[dict[str, Any]], viewer: Viewer) -> dict[str, Any]:
    """The message of these changes, with what this viewer sees of personal data."""
    return {"type": "deltas", "topic": name, "items": [delta_seen(one, viewer) for one in items]}


def _head(org_id: int, topic: str) -> int:
    with read_session() as session:
        return live.head_of(session, org_id, topic)


def _after(org_id: int, topic: str, number: int) -> list[dict[str, Any]] | bool:
    """New deltas; [] when there are none, True when they are no longer kept."""
    with read_session() as session:
        found = live.deltas_after(session, org_id, topic, number)
    return True if found is None else [_item(delta) for delta in found]


def _item(delta: LiveDelta) -> dict[str, Any]:
    return {
        "number": delta.number,
        "entity": delta.entity,
        "key": delta.key,
        "value": delta.value,
    }


class Hub:
    """All live connections of this process."""

    def __init__(self) -> None:
        self.feeds: dict[tuple[int, str], Feed] = {}
        self.positions = Positions()
        self.presence = Presence()
        self.ears = Ears(str(self.presence.process_id))
        self._tasks: list[asyncio.Task[None]] = []
        self._wake_feeds: set[tuple[int, str]] = set()
        self._fresh: dict[int, set[UUID]] = defaultdict(set)
        self._woken = asyncio.Event()

    async def start(self) -> None:
        """Begin to listen; each loop restarts after a fault, so that the hub never dies."""
        loops = (
            self._listen,
            self._serve,
            self._beat,
            self._position_loop,
            self.positions.listen,
            self.presence.run,
            self.ears.run,
        )
        self._tasks = [asyncio.create_task(_forever(loop)) for loop in loops]

    async def stop(self) -> None:
        """Close all connections (1012: the service restarts) and end the loops."""
        self.presence.stopping = True
        await ended(self._tasks)
        with suppress(SQLAlchemyError):  # the database may have gone first
            await self.ears.stop()
        for client in self.clients():
            with suppress(RuntimeError):
                await client.socket.close(1012, "restarting")

    def clients(self) -> set[Client]:
        return {client for feed in self.feeds.values() for client in feed.clients}

    async def subscribe(self, client: Client, name: str, topic: str, number: int) -> None:
        """Let a client follow a stored topic under the name it used."""
        org_id = client.principal.org_id
        feed = self.feeds.setdefault((org_id, topic), Feed(org_id, topic))
        await feed.add(client, name, number)
        if not client.topics:
            self.presence.arrive(client.principal)
        client.topics[name] = topic
        if client.principal.role in RECEIVERS:
            self._fresh[org_id].add(client.principal.unit_id)
        self._woken.set()

    def gone(self, client: Client) -> None:
        """The connection is over: nobody is there any more by it."""
        self.drop(client)
        if client.topics:
            self.presence.leave(client.principal, client.closed_with)

    def drop(self, client: Client) -> None:
        """Send nothing more to a connection."""
        for topic in client.topics.values():
            feed = self.feeds.get((client.principal.org_id, topic))
            if feed is not None:
                feed.clients.pop(client, None)

    async def _listen(self) -> None:
        async with listening_async(LIVE, DELIVER, name="paidan-live") as connection:
            async for notice in connection.notifies():
                if notice.channel == LIVE:
                    org_id, topic, _ = notice.payload.split(" ")
                    self._wake_feeds.add((int(org_id), topic))
                self._woken.set()

    async def _serve(self) -> None:
        """Pull what was announced; once a second everything, should a notice be lost."""
        while True:
            announced = True
            try:
                await asyncio.wait_for(self._woken.wait(), 1.0)
            except TimeoutError:
                announced = False
            self._woken.clear()
            wanted, self._wake_feeds = self._wake_feeds, set()
            for key, feed in list(self.feeds.items()):
                if feed.clients and (key in wanted or not announced):
                    await feed.pull()
            await self._deliver()
            await self._close_slow()

    async def _deliver(self) -> None:
        receivers: dict[tuple[int, UUID], list[Client]] = defaultdict(list)
        for client in self.clients():
            if client.principal.role in RECEIVERS:
                receivers[client.principal.org_id, client.principal.unit_id].append(client)
        for org_id in {org for org, _ in receivers}:
            units = {unit for org, unit in receivers if org == org_id}
            fresh = self._fresh.pop(org_id, set())
            for one in await asyncio.to_thread(take_due, org_id, units, fresh):
                for client in receivers[org_id, one.unit_id]:
                    client.put(_deliver_message(one))

    async def _close_slow(self) -> None:
        for client in self.clients():
            if client.too_slow:
                log.warning("live_client_too_slow", user=str(client.principal.user_id))
                self.drop(client)
                with suppress(RuntimeError):
                    await client.socket.close(TOO_SLOW, "too slow")

    async def _beat(self) -> None:
        """Heartbeats with the head; logins that ended lose their connection.

        Where business time catches up with real time, the moment they meet is told at once, so
        that no screen's clock runs past it.
        """
        while True:
            left = meets_in()
            await asyncio.sleep(HEARTBEAT_S if left is None else min(HEARTBEAT_S, left))
            for feed in self.feeds.values():
                for client, name in list(feed.clients.items()):
                    client.put(feed.heartbeat(name))
            for client in self.clients():
                if not await asyncio.to_thread(_still_logged_in, client.token):
                    self.drop(client)
                    with suppress(RuntimeError):
                        await client.socket.close(LOGIN_ENDED, "login ended")

    async def _position_loop(self) -> None:
        while True:
            await asyncio.sleep(0.2)
            await self.positions.send(self.feeds)


async def ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel them until they are over: `wait_for` forgets a cancellation that meets its result."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=0.5)


def _deliver_message(one: Delivery) -> dict[str, Any]:
    return {
        "type": "deliver",
        "receipt_id": str(one.receipt_id),
        "order_id": str(one.order_id),
        "hop": one.hop,
        "purpose": one.purpose,
    }


def _still_logged_in(token: str | None) -> bool:
    with read_session() as session:
        try:
            principal_of(session, token)
        except NotAuthenticated:
            return False
    return True


async def _forever(loop: Any) -> None:
    trouble = Trouble(log, "live_loop_failed", loop=loop.__name__)
    while True:
        try:
            await loop()
        except Exception as error:
            trouble.failed(error)
            await asyncio.sleep(1.0)
