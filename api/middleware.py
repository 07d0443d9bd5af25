"""Around every request: correlation id, size limit, security headers, counters."""

from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.clock import monotonic
from core.correlation import correlated

MAX_BODY = 1_000_000
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

            if int(headers.get("content-length") or 0) > MAX_BODY:
                await _too_large(answer)
                return
            await self.app(scope, _limited(receive), answer)


def _limited(receive: Receive) -> Receive:
    """Stop reading a chunked body that grows past the limit."""
    seen = 0

    async def read() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY:
            return {"type": "http.disconnect"}
        return message

    return read


async def _too_large(send: Send) -> None:
    body = (
        b'{"type":"/problems/too_large","title":"too large","status":413,"code":"too_large",'
        b'"detail":"The body may have 1,000,000 bytes at most.","errors":[]}'
    )
    await send(
        {
            "type": "http.response.start",
            "status": 413,
            "headers": [(b"content-type", b"application/problem+json")],
        }
    )
    await send({"type": "http.response.body", "body": body})
