"""Screens that are only looked at: they follow the live feed as browsers do, and read it at the
least cost, for they share the machine with what is measured.
"""

import asyncio
import base64
import json
import os
import struct
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

TEXT, PING, PONG = 1, 9, 10
LONG, LONGER = 126, 127
ENOUGH = 2**24  # bytes that one screen may be behind


class Screens:
    """So many screens. `frames` and `octets`: what has come to all of them together."""

    def __init__(self, base: str, tokens: Sequence[str], numbers: Mapping[str, int]) -> None:
        self._place = urlsplit(base)
        self._tokens, self._numbers = tokens, numbers
        self.frames = self.octets = 0

    async def look(self) -> None:
        """Follow until cancelled. Raises where one of them loses its connection."""
        async with asyncio.TaskGroup() as group:
            for token in self._tokens:
                group.create_task(self._one(token))

    async def _one(self, token: str) -> None:
        host, port = self._place.hostname, self._place.port
        reader, writer = await asyncio.open_connection(host, port, limit=ENOUGH)
        try:
            writer.write(self._greeting(token))
            answer = await reader.readuntil(b"\r\n\r\n")
            assert b" 101 " in answer, answer
            for topic, number in self._numbers.items():
                wish = {"type": "subscribe", "topic": topic, "from": number}
                writer.write(_frame(TEXT, json.dumps(wish).encode()))
            while True:
                kind, content = await _read(reader)
                self.frames += 1
                self.octets += len(content)
                if kind == PING:
                    writer.write(_frame(PONG, content))
        finally:
            writer.close()

    def _greeting(self, token: str) -> bytes:
        lines = (
            "GET /api/live HTTP/1.1",
            f"Host: {self._place.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
            f"Cookie: paidan_session={token}",
        )
        return "\r\n".join((*lines, "", "")).encode()


async def _read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """One frame of the server: its kind and content, which may be compressed."""
    head = await reader.readexactly(2)
    length = head[1]
    if length == LONG:
        (length,) = struct.unpack("!H", await reader.readexactly(2))
    elif length == LONGER:
        (length,) = struct.unpack("!Q", await reader.readexactly(8))
    return head[0] & 15, await reader.readexactly(length)


def _frame(kind: int, content: bytes) -> bytes:
    """A short frame of a client, masked with zeros."""
    assert len(content) < LONG
    return bytes([128 | kind, 128 | len(content)]) + bytes(4) + content
