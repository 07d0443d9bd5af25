"""Around every request: correlation id, size limit, security headers, counters."""

import re

from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import BodyTooLarge, language_of, render
from core.clock import monotonic
from core.correlation import correlated
from core.settings import settings
from dispatch.tickets.file_types import MAX_BYTES

MAX_BODY = 1_000_000
IMPORTS = "/api/imports"
ATTACHMENTS = re.compile(r"/api/tickets/[0-9a-fA-F-]{36}/attachments")
_FORM = 100_000
"""What a form has around its file."""
CORRELATION = "X-Correlation-Id"
REQUESTS = Counter("paidan_http_requests_total", "Requests answered", ["method", "status"])
SECONDS = Histogram("paidan_http_seconds", "Seconds to the first byte of the answer", ["method"])
_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}


class Envelope:
    """Pure ASGI, so that streaming and WebSockets pass untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        begun = monotonic()
        wanted = headers.get(CORRELATION, "")
        given = wanted if wanted.isascii() and 0 < len(wanted) <= 80 else None
        with correlated(given) as correlation:

            async def answer(message: Message) -> None:
                if message["type"] == "http.response.start":
                    out = MutableHeaders(scope=message)
                    out[CORRELATION] = correlation
                    for name, value in _SECURITY.items():
                        out.setdefault(name, value)
                    REQUESTS.labels(scope["method"], message["status"]).inc()
                    SECONDS.labels(scope["method"]).observe(monotonic() - begun)
                await send(message)

            limit = limit_of(scope)
            if int(headers.get("content-length") or 0) > limit:
                refusal = render(BodyTooLarge(limit=limit), language_of(Request(scope)))
                await refusal(scope, receive, answer)
                return
            await self.app(scope, _limited(receive, limit), answer)


def limit_of(scope: Scope) -> int:
    """Bytes that a body may have: files to import are large, and read piece by piece."""
    if scope["method"] == "POST" and scope["path"] == IMPORTS:
        return settings().import_max_mb * 1_000_000 + _FORM
    if scope["method"] == "POST" and ATTACHMENTS.fullmatch(scope["path"]):
        return MAX_BYTES + _FORM
    return MAX_BODY


def _limited(receive: Receive, limit: int) -> Receive:
    """Stop reading a chunked body that grows past the limit."""
    seen = 0

    async def read() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise HTTPException(413, str(limit))  # the framework lets only this kind through
        return message

    return read
