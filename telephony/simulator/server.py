"""The process: routes, the web server, the scenario that plays."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from telephony.simulator import (
    control,
    errors,
    rest_calls,
    rest_messages,
    rest_recordings,
    rest_rooms,
)
from telephony.simulator.clock import Clock
from telephony.simulator.errors import Refused, not_found
from telephony.simulator.exchange import Exchange
from telephony.simulator.mischief import Mischief, Rates
from telephony.simulator.model import World
from telephony.simulator.rest import Handler, Load, Wires, route
from telephony.simulator.scenario import Scenario

LOOPBACK = "127.0.0.1"
ACCOUNT = "AC" + "c0" * 16
TOKEN = "carrier-simulator-token"  # noqa: S105 - of a carrier that does not exist


@dataclass
class Wish:
    """How a simulator is to be. `rewrites`: public base addresses and where they are here.

    `keep`: how much of what is over is kept, None all; `catch_up`: see Clock.
    """

    port: int = 0
    account: str = ACCOUNT
    token: str = TOKEN
    speed: float = 1.0
    seed: int = 1
    start: datetime | None = None
    anchor: datetime | None = None
    catch_up: bool = False
    keep: int | None = None
    calls_per_second: float = 1.0
    messages_per_second: float = 10.0
    most_requests: int = 50
    rewrites: dict[str, str] = field(default_factory=dict)
    rates: Rates = field(default_factory=Rates)
    scenario: Scenario = field(default_factory=Scenario)


def resources() -> dict[str, dict[str, Handler]]:
    """Path below the account → method → handler."""
    calls, texts, rooms, tapes = rest_calls, rest_messages, rest_rooms, rest_recordings
    one_tape: dict[str, Handler] = {
        "get": tapes.fetch,
        "post": tapes.update,
        "delete": tapes.delete,
    }
    number: dict[str, Handler] = {
        "get": texts.fetch_number,
        "post": texts.update_number,
        "delete": texts.delete_number,
    }
    return {
        "Calls.json": {"get": calls.listed, "post": calls.create},
        "Calls/{call}.json": {"get": calls.fetch, "post": calls.update, "delete": calls.delete},
        "Calls/{call}/Recordings.json": {"get": tapes.listed, "post": tapes.start},
        "Calls/{call}/Recordings/{recording}.json": one_tape,
        "Conferences.json": {"get": rooms.listed_conferences},
        "Conferences/{conference}.json": {
            "get": rooms.fetch_conference,
            "post": rooms.update_conference,
        },
        "Conferences/{conference}/Participants.json": {"get": rooms.listed_participants},
        "Conferences/{conference}/Participants/{call}.json": {
            "get": rooms.fetch_participant,
            "post": rooms.update_participant,
            "delete": rooms.delete_participant,
        },
        "Conferences/{conference}/Recordings.json": {"get": tapes.listed},
        "Conferences/{conference}/Recordings/{recording}.json": one_tape,
        "Queues.json": {"get": rooms.listed_queues, "post": rooms.create_queue},
        "Queues/{queue}.json": {
            "get": rooms.fetch_queue,
            "post": rooms.update_queue,
            "delete": rooms.delete_queue,
        },
        "Queues/{queue}/Members.json": {"get": rooms.listed_members},
        "Queues/{queue}/Members/{call}.json": {
            "get": rooms.fetch_member,
            "post": rooms.take_member,
        },
        "Messages.json": {"get": texts.listed, "post": texts.create},
        "Messages/{message}.json": {
            "get": texts.fetch,
            "post": texts.update,
            "delete": texts.delete,
        },
        "Recordings.json": {"get": tapes.listed},
        "Recordings/{recording}.json": {"get": tapes.fetch, "delete": tapes.delete},
        "Recordings/{recording}.wav": {"get": tapes.fetch_media},
        "Recordings/{recording}": {"get": tapes.fetch_media},
        "IncomingPhoneNumbers.json": {"get": texts.listed_numbers, "post": texts.create_number},
        "IncomingPhoneNumbers/{number}.json": number,
    }


def application(exchange: Exchange, wires: Wires) -> Starlette:
    """The web application of a carrier."""

    async def nothing(request: Any, _error: Any) -> Response:
        return JSONResponse(not_found(request.url.path).body(), 404)

    async def not_so(request: Any, _error: Any) -> Response:
        refused = Refused(405, errors.NOT_ALLOWED, f"{request.method} is not allowed here")
        return JSONResponse(refused.body(), 405)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await exchange.close()

    routes: list[Route] = [
        route(exchange, wires, path, **handlers) for path, handlers in resources().items()
    ]
    app = Starlette(
        routes=[*control.routes(exchange), *routes],
        exception_handlers={404: nothing, 405: not_so},
        lifespan=lifespan,
    )
    app.state.load = Load()
    return app


class _Server(uvicorn.Server):
    """Says on which port it listens."""

    ready: Callable[[int], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.ready(self.servers[0].sockets[0].getsockname()[1])


class Simulator:
    """A carrier that listens on loopback. `run` ends when `stop` is called or on a signal."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.exchange = Exchange(
            World(wish.account, wish.token),
            Clock(wish.speed, wish.start, wish.anchor, catch_up=wish.catch_up),
            seed=wish.seed,
            mischief=Mischief(wish.seed, wish.rates),
            rewrites=wish.rewrites,
            calls_per_second=wish.calls_per_second,
            messages_per_second=wish.messages_per_second,
            most_requests=wish.most_requests,
            keep=wish.keep,
        )
        wires: Wires = {}
        config = uvicorn.Config(
            application(self.exchange, wires),
            host=LOOPBACK,
            port=wish.port,
            log_level="warning",
            access_log=False,
            http=_remembering(wires),
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        self.port = 0

    async def run(self, ready: Callable[[int], None]) -> None:
        """Serve until stopped; `ready` is called with the port once it listens."""

        def begin(port: int) -> None:
            self.port = port
            self.exchange.api_url = f"http://{LOOPBACK}:{port}"
            control.play(self.exchange, self.wish.scenario)
            ready(port)

        self._server.ready = begin
        await self._server.serve()

    def stop(self) -> None:
        """End soon; may be called from another thread."""
        self._server.should_exit = True


def _remembering(wires: Wires) -> type[HttpToolsProtocol]:
    """A protocol that knows its connections, so that one can be cut."""

    class Remembering(HttpToolsProtocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._peer = transport.get_extra_info("peername")
            wires[self._peer] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            wires.pop(self._peer, None)

    return Remembering
