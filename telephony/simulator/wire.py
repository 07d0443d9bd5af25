"""A small HTTP/1.1 client for this machine: hundreds of requests at once on a few processor cycles.

The common clients search all their connections for every request, which is too slow for hundreds
of calls at once.
"""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httptools

Origin = tuple[str, str, int]
PORTS = {"http": 80, "https": 443}


class Unconnected(Exception):
    """Nobody took the connection, or its encryption failed."""


class Unanswered(Exception):
    """The request went out, and no answer came in time or at all. `begun`: part of one did."""

    def __init__(self, *, begun: bool) -> None:
        super().__init__()
        self.begun = begun


@dataclass
class Reply:
    """What the other side said."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class _Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.is_open, self.reusable = False, False
        self._reply = Reply()
        self._parser = httptools.HttpResponseParser(self)
        self._done: asyncio.Future[Reply] | None = None
        self._begun = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.is_open = transport, True

    def connection_lost(self, _exc: Exception | None) -> None:
        self.is_open = False
        self._fail()

    def data_received(self, data: bytes) -> None:
        self._begun = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail()
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._reply.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._reply.body += body

    def on_message_complete(self) -> None:
        self._reply.status = self._parser.get_status_code()
        self.reusable = self._parser.should_keep_alive()
        if self._done is not None and not self._done.done():
            self._done.set_result(self._reply)

    async def exchange(self, request: bytes) -> Reply:
        """Send a request and wait for its answer. Raises Unanswered."""
        assert self.transport is not None
        self._reply, self._begun, self.reusable = Reply(), False, False
        self._parser = httptools.HttpResponseParser(self)
        self._done = asyncio.get_running_loop().create_future()
        if self.is_open:
            self.transport.write(request)
        else:
            self._fail()
        return await self._done

    def close(self) -> None:
        """Never to be used again."""
        self.is_open = False
        if self.transport is not None:
            self.transport.abort()

    def _fail(self) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(Unanswered(begun=self._begun))


class Client:
    """Keeps connections that were answered, and uses them again."""

    def __init__(self) -> None:
        self._idle: defaultdict[Origin, list[_Connection]] = defaultdict(list)
        # No certificate of this machine is signed by anybody known.
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._tls.check_hostname, self._tls.verify_mode = False, ssl.CERT_NONE

    def close(self) -> None:
        """Drop all connections that nobody uses."""
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        connect_s: float,
        read_s: float,
    ) -> Reply:
        """One request. Times are limits in real seconds. Raises Unconnected, Unanswered."""
        parts = urlsplit(url)
        origin = (parts.scheme, parts.hostname or "", parts.port or PORTS[parts.scheme])
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"{method} {target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body)}", "", ""]
        request = "\r\n".join(lines).encode("latin-1") + body
        kept = self._kept(origin)
        if kept is not None:
            try:
                return await self._exchange(kept, origin, request, read_s)
            except Unanswered as lost:
                # The other side may have closed it the very moment before.
                if lost.begun:
                    raise
        fresh = await self._connected(origin, connect_s)
        return await self._exchange(fresh, origin, request, read_s)

    def _kept(self, origin: Origin) -> _Connection | None:
        idle = self._idle[origin]
        while idle:
            connection = idle.pop()
            if connection.is_open:
                return connection
        return None

    async def _connected(self, origin: Origin, connect_s: float) -> _Connection:
        scheme, host, port = origin
        tls = self._tls if scheme == "https" else None
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(connect_s):
                _, connection = await loop.create_connection(_Connection, host, port, ssl=tls)
        except (OSError, TimeoutError):  # ssl.SSLError is an OSError
            raise Unconnected from None
        return connection

    async def _exchange(
        self, connection: _Connection, origin: Origin, request: bytes, read_s: float
    ) -> Reply:
        try:
            async with asyncio.timeout(read_s):
                reply = await connection.exchange(request)
        except TimeoutError:
            connection.close()
            raise Unanswered(begun=True) from None  # as far as trying again is concerned
        except BaseException:
            connection.close()
            raise
        if connection.reusable and connection.is_open:
            self._idle[origin].append(connection)
        else:
            connection.close()
        return reply
