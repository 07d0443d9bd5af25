"""REST as the carrier speaks it: who may ask, forms, pages, errors, what goes wrong on demand."""

import asyncio
import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from telephony.simulator import errors
from telephony.simulator.errors import Refused, missing, not_found
from telephony.simulator.exchange import Exchange
from telephony.simulator.model import Hook
from telephony.simulator.views import Views

PAGE_SIZE = 50
MOST_A_PAGE = 1000
CREATED = 201
GONE = 204
_NUMBER = re.compile(r"\+[1-9][0-9]{4,17}")
METHODS = ("GET", "POST")


@dataclass(frozen=True, slots=True)
class Form:
    """The parameters of a request, query or form."""

    pairs: tuple[tuple[str, str], ...]

    def get(self, name: str, default: str = "") -> str:
        """The last value of a name."""
        return next((value for key, value in reversed(self.pairs) if key == name), default)

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a name, also where they are written in one."""
        return tuple(word for key, value in self.pairs if key == name for word in value.split())

    def has(self, name: str) -> bool:
        """Whether it was given at all."""
        return any(key == name for key, _ in self.pairs)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """true or false. Raises Refused."""
        value = self.get(name).lower()
        if value not in ("", "true", "false"):
            raise Refused(400, 20001, f"{name} must be true or false")
        return value == "true" if value else default

    def number(self, name: str, default: int) -> int:
        """A whole number. Raises Refused."""
        value = self.get(name)
        if value and not value.isdigit():
            raise Refused(400, 20001, f"{name} must be a number")
        return int(value) if value else default

    def phone(self, name: str, *, missing_code: int, wrong_code: int) -> str:
        """A telephone number, E.164. Raises Refused."""
        value = self.get(name)
        if not value:
            raise missing(name, missing_code)
        if not _NUMBER.fullmatch(value):
            raise Refused(400, wrong_code, f"The '{name}' number is not a valid phone number")
        return value

    def hook(self, prefix: str, *, method: str = "", events: tuple[str, ...] = ()) -> Hook | None:
        """An address with its method. Raises Refused where it is none."""
        url = self.get(prefix)
        if not url:
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused(400, errors.INVALID_URL, f"{prefix} is not a valid URL: {url}")
        verb = self.get(method or f"{prefix}Method", "POST").upper()
        if verb not in METHODS:
            raise Refused(400, 21206, f"{method or prefix} must be GET or POST")
        return Hook(url, verb, events)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: the carrier, its parameters, the parts of its path."""

    exchange: Exchange
    form: Form
    path: dict[str, Any]
    target: str

    @property
    def views(self) -> Views:
        return Views(self.exchange.world.account)

    def page(self, name: str, items: Iterable[dict[str, Any]]) -> JSONResponse:
        """One page of a list, as the form asks."""
        found: Sequence[dict[str, Any]] = list(items)
        size = min(self.form.number("PageSize", PAGE_SIZE), MOST_A_PAGE) or PAGE_SIZE
        page = self.form.number("Page", 0)
        shown = found[page * size : (page + 1) * size]
        kept = [pair for pair in self.form.pairs if pair[0] not in ("Page", "PageSize")]

        def address(number: int) -> str:
            asked = [*kept, ("PageSize", str(size)), ("Page", str(number))]
            return f"{self.target}?{urlencode(asked)}"

        more = (page + 1) * size < len(found)
        return JSONResponse(
            {
                name: shown,
                "start": page * size,
                "end": page * size + max(len(shown) - 1, 0),
                "page": page,
                "page_size": size,
                "first_page_uri": address(0),
                "next_page_uri": address(page + 1) if more else None,
                "previous_page_uri": address(page - 1) if page else None,
                "uri": address(page),
            }
        )


Handler = Callable[[Ask], Awaitable[Response]]
Wires = dict[tuple[str, int], asyncio.BaseTransport]
"""Open connections by the client's address, for cutting one."""


def route(exchange: Exchange, wires: Wires, path: str, **handlers: Handler) -> Route:
    """A resource of the account; `handlers` by method, such as `get`."""

    async def endpoint(request: Request) -> Response:
        method = "get" if request.method == "HEAD" else request.method.lower()
        return await _serve(exchange, wires, handlers[method], request)

    full = f"/2010-04-01/Accounts/{{account}}/{path}"
    return Route(full, endpoint, methods=[name.upper() for name in handlers])


class Load:
    """How many requests are under way."""

    now = 0


async def _serve(exchange: Exchange, wires: Wires, handler: Handler, request: Request) -> Response:
    load: Load = request.app.state.load
    load.now += 1
    try:
        response = await _done(exchange, handler, request, load)
        if request.method == "POST" and response.status_code < 300:
            if exchange.mischief.happens("lost"):
                exchange.trace.add("cut", path=request.url.path)
                _cut(wires, request)
            elif exchange.mischief.happens("slow"):
                await asyncio.sleep(exchange.mischief.rates.slow_s)
    finally:
        load.now -= 1
    return response


async def _done(exchange: Exchange, handler: Handler, request: Request, load: Load) -> Response:
    """What was asked is done, or refused."""
    response: Response
    try:
        with exchange.clock.busy():
            response = await _answer(exchange, handler, request, load)
    except Refused as refused:
        response = JSONResponse(refused.body(), refused.status)
    exchange.trace.add(
        "rest", method=request.method, path=request.url.path, status=response.status_code
    )
    return response


async def _answer(exchange: Exchange, handler: Handler, request: Request, load: Load) -> Response:
    _authenticate(exchange, request)
    if load.now > exchange.most_requests or exchange.mischief.happens("busy"):
        raise Refused(429, errors.TOO_MANY, "Too Many Requests")
    body = (await request.body()).decode("utf-8", "replace")
    text = body if request.method == "POST" else request.url.query
    form = Form(tuple(parse_qsl(text, keep_blank_values=True)))
    return await handler(Ask(exchange, form, dict(request.path_params), request.url.path))


def _authenticate(exchange: Exchange, request: Request) -> None:
    kind, _, words = request.headers.get("authorization", "").partition(" ")
    try:
        name, _, token = base64.b64decode(words, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        name = token = ""
    world = exchange.world
    if kind.lower() != "basic" or (name, token) != (world.account, world.token):
        raise Refused(401, errors.NOT_AUTHENTIC, "Authenticate")
    if request.path_params["account"] != world.account:
        raise not_found(request.url.path)


def _cut(wires: Wires, request: Request) -> None:
    """Close the connection: what was asked is done, and nobody says so."""
    client = request.client
    transport = wires.get((client.host, client.port)) if client else None
    if isinstance(transport, asyncio.Transport):
        transport.abort()
