"""The doors that everybody else uses too: HTTP with a login, and the live connection."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from api.demo.cast import Login
from api.demo.tally import Tally
from core.clock import monotonic
from core.logging import logger

log = logger(__name__)

TIMEOUT_S = 20.0
PAUSES_S = (0.2, 0.5, 1.0, 2.0, 4.0, 4.0, 8.0)
"""Real seconds before each new try of a request that got no answer; then it is given up."""
LIVE_PAUSE_S = 10.0
"""Longest real pause before the live connection is tried again; it is tried for ever."""

Row = dict[str, Any]


class Refusal(Exception):
    """The API said no: `status`, and `code` of the problem."""

    def __init__(self, status: int, code: str, detail: str = "") -> None:
        super().__init__(f"{status} {code} {detail}")
        self.status, self.code = status, code


class Unreachable(Exception):
    """No answer after all tries."""


class Door:
    """Connections to one Paidan, shared by everybody in the city. Use as a context manager."""

    def __init__(self, base_url: str, tally: Tally) -> None:
        self.base_url = base_url
        self.tally = tally
        self.noted: Callable[[Row], None] = lambda _answer: None
        """Told the answer of every act."""
        # Everybody sends a cookie of their own; the jar of the shared client takes none.
        jar = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
        self._http = httpx.AsyncClient(
            base_url=base_url,
            timeout=TIMEOUT_S,
            trust_env=False,
            cookies=jar,
            limits=httpx.Limits(max_connections=32, keepalive_expiry=30),
        )

    async def __aenter__(self) -> "Door":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request, tried again while the server is away. Unreachable when it stays away."""
        for pause in (*PAUSES_S, None):
            begun = monotonic()
            try:
                answer = await self._http.request(method, path, **more)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code not in (500, 502, 503, 504):
                self.tally.answered(monotonic() - begun)
                return answer
            if pause is not None:
                await asyncio.sleep(pause)
        raise Unreachable(f"{method} {path}")


class Person:
    """Somebody at a desk or a phone. Logs in when needed, and again when the login has ended."""

    def __init__(self, door: Door, login: Login) -> None:
        self.door = door
        self.login = login
        self._cookie = ""
        self._csrf = ""
        self._id = ""
        self._opening = asyncio.Lock()

    async def get(self, path: str, **params: Any) -> Any:
        """The JSON of an answer. Raises Refusal or Unreachable."""
        return (await self._ask("GET", path, params=params)).json()

    async def act(self, kind: str, path: str, body: Row | None = None) -> Any:
        """A write, done once however often it is sent; the JSON. Raises Refusal, Unreachable."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        try:
            answer = await self._ask("POST", path, json=body, headers=headers)
        except Refusal as refusal:
            self.door.tally.refused[refusal.code] += 1
            raise
        self.door.tally.acts[kind] += 1
        told = answer.json()
        self.door.noted(told)
        return told

    async def cookie(self) -> str:
        """The session's cookie for the live connection."""
        if not self._cookie:
            await self._open("")
        return self._cookie

    async def id(self) -> str:
        """Of the user."""
        if not self._id:
            await self._open("")
        return self._id

    async def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = more.pop("headers", {})
        for attempt in (1, 2):
            cookie = await self.cookie()
            own = {**headers, "Cookie": cookie, "X-CSRF-Token": self._csrf}
            answer = await self.door.send(method, path, headers=own, **more)
            if answer.status_code != 401 or attempt == 2:
                break
            await self._open(cookie)
        if answer.is_success:
            return answer
        raise _refusal(answer)

    async def _open(self, ended: str) -> None:
        """Log in, unless somebody did while we waited. `ended`: the cookie that is good no more."""
        async with self._opening:
            if self._cookie != ended:
                return
            body = {"login": self.login.login, "password": self.login.password}
            answer = await self.door.send("POST", "/api/login", json=body)
            if not answer.is_success:
                raise _refusal(answer)
            token = answer.headers["set-cookie"].partition(";")[0]
            told = answer.json()
            self._cookie, self._csrf, self._id = token, told["csrf_token"], told["user"]["id"]


def _refusal(answer: httpx.Response) -> Refusal:
    try:
        problem = answer.json()
        return Refusal(answer.status_code, problem["code"], problem.get("detail", ""))
    except (ValueError, KeyError, TypeError):
        return Refusal(answer.status_code, "http")


class Screen:
    """A live screen: rows of orders and crews, kept by snapshot and deltas, and what is delivered.

    `changed` is told the entity and both rows of every change, the old one None where it is new;
    `delivered` is asked whether to confirm a delivery.
    """

    def __init__(
        self,
        person: Person,
        topic: str,
        *,
        changed: Callable[[str, Row | None, Row | None], None],
        delivered: Callable[[Row], bool] = lambda _delivery: True,
    ) -> None:
        self.person = person
        self.topic = topic
        self.orders: dict[str, Row] = {}
        self.crews: dict[str, Row] = {}
        self.vehicles: dict[str, Row] = {}
        self.number = -1
        self.ready = asyncio.Event()
        self.fetching = False
        """Changes come from a snapshot: several acts may have made one."""
        self._signal = asyncio.Event()
        self._signal.set()
        self._changed = changed
        self._delivered = delivered
        self._socket: ClientConnection | None = None

    async def follow(self) -> None:
        """For ever: fetch, follow, and connect again after a loss."""
        pause = 0.2
        while True:
            await self._signal.wait()
            try:
                await self._snapshot()
                async with self._connected() as socket:
                    pause = 0.2
                    await self._read(socket)
            except (OSError, WebSocketException, Unreachable, Refusal, TimeoutError) as error:
                log.debug("screen_lost", who=self.person.login.login, reason=repr(error)[:120])
            self.person.door.tally.lost += 1
            await asyncio.sleep(pause)
            pause = min(LIVE_PAUSE_S, pause * 2)

    async def lose_signal(self) -> None:
        """Lose the connection, as a phone in a cellar does, until `regain_signal`."""
        self._signal.clear()
        if self._socket is not None:
            await self._socket.close()

    def regain_signal(self) -> None:
        """Connect again."""
        self._signal.set()

    async def _snapshot(self) -> None:
        path = "/api/queue" if self.topic == "queue" else "/api/board"
        found = await self.person.get(path)
        self.number = found["number"]
        self.vehicles = {row["id"]: row for row in found["vehicles"]}
        self.fetching = True
        for entity, known in (("order", self.orders), ("crew", self.crews)):
            fresh = {row["id"]: row for row in found[f"{entity}s"]}
            for key in known.keys() - fresh.keys():
                self._put(entity, key, None)
            for key, row in fresh.items():
                self._put(entity, key, row)
        self.fetching = False
        self.ready.set()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[ClientConnection]:
        url = self.person.door.base_url.replace("http", "ws", 1) + "/api/live"
        headers = {"Cookie": await self.person.cookie()}
        async with connect(
            url, additional_headers=headers, proxy=None, open_timeout=TIMEOUT_S, max_size=2**22
        ) as socket:
            self._socket = socket
            subscribe = {"type": "subscribe", "topic": self.topic, "from": self.number}
            await socket.send(json.dumps(subscribe))
            try:
                yield socket
            finally:
                self._socket = None

    async def _read(self, socket: ClientConnection) -> None:
        """Until the connection ends or something is missing."""
        async for message in socket:
            if isinstance(message, bytes):  # positions: nobody here looks at the map
                continue
            told = json.loads(message)
            if told["type"] == "deltas":
                if not self._apply(told["items"]):
                    return
            elif told["type"] == "resync":
                return
            elif told["type"] == "deliver" and self._delivered(told):
                receipt = {"type": "receipt", "receipt_id": told["receipt_id"]}
                await socket.send(json.dumps(receipt))
            elif told["type"] == "receipt_ok":
                self.person.door.tally.receipts += 1
            elif told["type"] == "heartbeat" and told["head"] > self.number:
                return

    def _apply(self, items: list[Row]) -> bool:
        for item in items:
            if item["number"] <= self.number:
                continue
            if item["number"] != self.number + 1:
                return False
            self.number = item["number"]
            self._put(item["entity"], item["key"], item["value"])
        return True

    def _put(self, entity: str, key: str, row: Row | None) -> None:
        known = {"order": self.orders, "crew": self.crews}.get(entity)
        if known is None:  # rows of other screens
            return
        before = known.get(key)
        if row is None:
            known.pop(key, None)
        else:
            known[key] = row
        if row != before:
            self._changed(entity, before, row)
