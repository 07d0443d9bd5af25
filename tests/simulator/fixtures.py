"""The carrier simulator in tests: run it, drive it, and a product that answers it.

    def test_something(carrier_simulator):
        call = carrier_simulator.client().calls.create(to=…, from_=…, url=…)
        carrier_simulator.advance(10)

Time stands still in `carrier_simulator`; `running_simulator(speed=100)` makes one where it runs.
"""

import asyncio
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from telephony.simulator.server import Simulator, Wish

HOTLINE = "+861095598"
CALLER = "+8613800138000"
AGENT = "+861088880001"
REAL_API = "https://api.twilio.com"
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # quick to make; nothing here speaks TLS
PATIENCE_S = 50.0  # how long a test waits for what must happen


class LocalClient(TwilioHttpClient):
    """Sends what is meant for the carrier to this machine; an unknown host is an error."""

    def __init__(self, hosts: Mapping[str, str], timeout: float = 10.0) -> None:
        super().__init__(pool_connections=True, timeout=timeout)
        self.hosts = dict(hosts)
        self.session.trust_env = False

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        parts = urlsplit(url)
        base = urlsplit(self.hosts[f"{parts.scheme}://{parts.netloc}"])
        local = urlunsplit(parts._replace(scheme=base.scheme, netloc=base.netloc))
        return super().request(method, local, *args, **kwargs)


class CarrierSimulator:
    """A simulator that runs in a thread; `url` is its base address."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.account, self.token = simulator.wish.account, simulator.wish.token
        self.url = f"http://127.0.0.1:{simulator.port}"
        self.control = httpx.Client(
            base_url=f"{self.url}/_sim", timeout=60, trust_env=False, verify=_NO_TLS
        )

    def client(self, base: str | None = None, timeout: float = 10.0) -> Client:
        """The carrier's own SDK; `base`: another address in front of the simulator."""
        http = LocalClient({REAL_API: base or self.url}, timeout)
        return Client(self.account, self.token, http_client=http)

    def post(self, path: str, /, **data: Any) -> Any:
        """A request of the control API."""
        answer = self.control.post(path, json=data)
        assert answer.is_success, answer.text
        return answer.json()

    def state(self) -> Any:
        """Everything the simulator knows, ended calls included."""
        return self.control.get("/state?all=1").json()

    def advance(self, seconds: float) -> None:
        """Let virtual time pass, and wait for what that sets off."""
        self.post("/clock", advance=seconds)

    def settle(self) -> None:
        """Wait until nothing goes on that does not wait for time."""
        self.post("/clock")

    def trace(self, kind: str | None = None, after: int = 0) -> list[dict[str, Any]]:
        """What happened."""
        lines = self.control.get("/trace", params={"after": after}).text.splitlines()
        entries = [json.loads(line) for line in lines]
        return [entry for entry in entries if kind in (None, entry["kind"])]

    def until(self, fits: Callable[[dict[str, Any]], bool], after: int = 0) -> dict[str, Any]:
        """The first entry of the trace that fits, awaited."""
        while True:
            params = {"after": after, "wait": PATIENCE_S}
            lines = self.control.get("/trace", params=params).text.splitlines()
            assert lines, "nothing more happened"
            for entry in map(json.loads, lines):
                if fits(entry):
                    return dict(entry)
                after = entry["n"]

    def call_in(self, number: str = CALLER, to: str = HOTLINE, **phone: Any) -> str:
        """Somebody calls; the id of the call."""
        return str(self.post("/calls", number=number, to=to, **phone)["call"])

    def act(self, call: str, act: str, **more: Any) -> None:
        """A phone presses keys or hangs up."""
        self.post(f"/calls/{call}", act=act, **more)

    def call(self, sid: str) -> dict[str, Any]:
        """A call, as the simulator knows it."""
        return next(call for call in self.state()["calls"] if call["sid"] == sid)


@contextmanager
def running_simulator(**wish: Any) -> Iterator[CarrierSimulator]:
    """A simulator in a thread of its own, on a free port. Its defects fail the test."""
    simulator = Simulator(Wish(**wish))
    ready = threading.Event()
    work = threading.Thread(
        target=lambda: asyncio.run(simulator.run(lambda port: ready.set())), daemon=True
    )
    work.start()
    assert ready.wait(PATIENCE_S), "the simulator did not start"
    carrier = CarrierSimulator(simulator)
    try:
        yield carrier
        defects = carrier.trace("defect")
    finally:
        carrier.control.close()
        simulator.stop()
        work.join(PATIENCE_S)
    assert defects == []


@pytest.fixture
def carrier_simulator() -> Iterator[CarrierSimulator]:
    """A simulator where time stands still until `advance`, with the hotline's number."""
    with running_simulator(speed=0) as carrier:
        carrier.post("/numbers", phone_number=HOTLINE)
        yield carrier


@dataclass(frozen=True)
class Got:
    """A request that the product got."""

    path: str
    params: dict[str, str]
    headers: dict[str, str]
    url: str


@dataclass
class Product:
    """A product for the simulator to call: documents by path, and what came."""

    url: str = ""
    documents: dict[str, str | Callable[[dict[str, str]], str]] = field(default_factory=dict)
    statuses: dict[str, list[int]] = field(default_factory=dict)
    got: list[Got] = field(default_factory=list)

    def at(self, path: str) -> list[dict[str, str]]:
        """The parameters that came to a path, in order of arrival."""
        return [one.params for one in self.got if one.path == path]

    async def answer(self, request: Request) -> Response:
        body = (await request.body()).decode()
        path = request.url.path
        text = body if request.method == "POST" else request.url.query
        params = dict(parse_qsl(text, keep_blank_values=True))
        url = self.url + path + (f"?{request.url.query}" if request.url.query else "")
        self.got.append(Got(path, params, dict(request.headers), url))
        planned = self.statuses.get(path)
        if planned:
            status = planned.pop(0)
            if status != 200:
                return Response("refused", status)
        document = self.documents.get(path, "")
        words = document(params) if callable(document) else document
        return Response(f"<Response>{words}</Response>", media_type="text/xml")


@pytest.fixture
def product() -> Iterator[Product]:
    """A product that answers; documents are what is inside `<Response>`."""
    stub = Product()
    route = Route("/{path:path}", stub.answer, methods=["GET", "POST"])
    config = uvicorn.Config(
        Starlette(routes=[route]), host="127.0.0.1", port=0, log_level="warning", lifespan="off"
    )
    server = _Server(config)
    work = threading.Thread(target=server.run, daemon=True)
    work.start()
    assert server.listening.wait(PATIENCE_S)
    stub.url = f"http://127.0.0.1:{server.port}"
    yield stub
    server.should_exit = True
    work.join(PATIENCE_S)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()
        self.port = 0

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.port = self.servers[0].sockets[0].getsockname()[1]
        self.listening.set()
