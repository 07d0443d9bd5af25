"""Ports of protocols over HTTP: a request is answered when its positions are stored."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from core.clock import now
from core.logging import logger
from gps.connection import Limits
from gps.door import Door
from gps.fix import Fix
from gps.intake import Acknowledgement, Intake, Pending
from gps.jt808.downlink import OK
from gps.protocols.seam import Conversation, Malformed, Message, Request, Web
from gps.quirks import Quirks
from gps.reading import LONGEST_IDENTITY, NO_DEVICE, fixes_of
from gps.terminals import Terminal

log = logger(__name__)

HEAD_BYTES, BODY_BYTES = 16 << 10, 1 << 20
AT_ONCE = 5000
"""Connections of one port."""
REQUEST_S, STORE_S = 20.0, 15.0
"""Until a request must have come; until its positions must be stored."""


class Answer(NamedTuple):
    status: int
    body: bytes = b""
    ends: bool = False
    """The connection, for what is left of the request is not wanted."""


TOO_LONG, TOO_SLOW = Answer(413, ends=True), Answer(408, ends=True)
LATER = Answer(503)
"""The device keeps it and sends it again."""


class Stored:
    """Waits for the positions of one request."""

    def __init__(self) -> None:
        self._result: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def acknowledge(self, acknowledgements: Sequence[Acknowledgement]) -> None:
        if not self._result.done():
            self._result.set_result(acknowledgements[0][2])

    def resume(self) -> None:
        """Nothing was held back: one request is one message."""

    async def done(self) -> bool:
        """False where they were refused, or are not stored in time; they may be later."""
        try:
            return await asyncio.wait_for(self._result, STORE_S) == OK
        except TimeoutError:
            return False


@dataclass(slots=True)
class Caller:
    """Who a request says it is from."""

    protocol: str
    identity: str
    address: str
    quarantined: bool = False


class WebPort:
    """An ASGI application for one protocol, and the connections that bring its requests."""

    def __init__(self, web: Web, door: Door, intake: Intake, limits: Limits) -> None:
        self._web, self._door, self._intake = web, door, intake
        self._state = ServerState()
        self._config = uvicorn.Config(
            self,
            interface="asgi3",
            lifespan="off",
            ws="none",
            log_config=None,
            log_level=logging.ERROR,
            access_log=False,
            proxy_headers=False,
            limit_concurrency=AT_ONCE,
            timeout_keep_alive=round(limits.idle_seconds),
            h11_max_incomplete_event_size=HEAD_BYTES,
        )
        self._config.load()

    def connection(self) -> asyncio.Protocol:
        """A new one has been accepted."""
        return Bounded(self._config, self._state, {})

    async def stop(self) -> None:
        """What is being answered is answered; the rest hangs up."""
        for one in list(self._state.connections):
            one.shutdown()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=1)

    async def __call__(
        self, scope: dict[str, Any], receive: Callable[[], Any], send: Callable[[Any], Any]
    ) -> None:
        try:
            answer = await self._answered(scope, receive)
        except ConnectionError:  # it has hung up
            return
        headers = [(b"content-length", b"%d" % len(answer.body))]
        if answer.body:
            headers.append((b"content-type", b"application/json"))
        if answer.ends:
            headers.append((b"connection", b"close"))
        start = {"type": "http.response.start", "status": answer.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": answer.body})

    async def _answered(self, scope: dict[str, Any], receive: Callable[[], Any]) -> Answer:
        try:
            body = await asyncio.wait_for(_body(receive), REQUEST_S)
        except TimeoutError:
            return TOO_SLOW
        if body is None:
            return TOO_LONG
        request = Request(
            method=scope["method"],
            uri=(scope["raw_path"] + b"?" + scope["query_string"]).decode("latin-1"),
            headers={
                name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]
            },
            body=body,
        )
        try:
            message = self._web.decode(request, Conversation(now))
        except Malformed as problem:
            log.debug("request_refused", protocol=self._web.name, reason=problem.reason)
            self._intake.counts["bad_frame"] += 1
            return Answer(400)
        address = str((scope.get("client") or [""])[0])
        try:
            return await self._taken(message, request, address)
        except Exception as error:  # the database is away
            log.warning("request_not_taken", device=message.device, reason=str(error)[:200])
            return LATER

    async def _taken(self, message: Message, request: Request, address: str) -> Answer:
        done = Answer(message.status, message.answer)
        if not message.device:
            return Answer(400) if message.positions else done
        if len(message.device) > LONGEST_IDENTITY:
            return Answer(400)
        caller = Caller(self._web.name, message.device, address)
        terminal = await self._door.visit(caller)
        if terminal is None and not caller.quarantined:
            return Answer(404 if request.body.lstrip()[:1] in (b"{", b"[") else 400)
        if not message.positions:
            return done
        if terminal is None:
            fixes = fixes_of(NO_DEVICE, message.positions, now(), 0, Quirks())
            return done if await self._door.detain(caller, fixes) else LATER
        fixes = fixes_of(terminal.id, message.positions, now(), 0, terminal.quirks)
        return done if await self._stored(terminal, fixes) else LATER

    async def _stored(self, terminal: Terminal, fixes: tuple[Fix, ...]) -> bool:
        if self._intake.full or self._intake.backlogged(terminal.id):
            return False
        stored = Stored()
        self._intake.put(Pending(stored, 0, 0, terminal.org_id, fixes))
        return await stored.done()


async def _body(receive: Callable[[], Any]) -> bytes | None:
    """None where it is longer than anybody's. Raises ConnectionError."""
    body: bytes = b""
    while True:
        part = await receive()
        if part["type"] != "http.request":
            raise ConnectionError
        body += part["body"]
        if len(body) > BODY_BYTES:
            return None
        if not part["more_body"]:
            return body


class Bounded(H11Protocol):
    """A connection on which the head of each request must come in time."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._forget_deadline()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._forget_deadline()
        elif self._deadline is None:
            self._await_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._forget_deadline()

    def _await_head(self) -> None:
        self._deadline = self.loop.call_later(REQUEST_S, self.transport.abort)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
