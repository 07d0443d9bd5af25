"""The small HTTP client: connections are used again, and one that was closed is no failure."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest

from telephony.simulator.wire import Client, Reply, Unanswered, Unconnected
from tests.people import WAIT_S

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answers(*replies: bytes, close: bool = False) -> tuple[Serve, list[int]]:
    """A server: on each connection one answer after the other; how many requests each one had."""
    had: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        had.append(0)
        place = len(had) - 1
        for reply in replies:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:  # the client is through
                return
            await reader.readexactly(int(head.lower().split(b"content-length:")[1].split()[0]))
            had[place] += 1
            writer.write(reply)
            await writer.drain()
        if close:
            writer.close()

    return serve, had


def sent(serve: Serve, count: int, *, pause_s: float = 0.0, read_s: float = WAIT_S) -> list[Reply]:
    """Requests one after the other to a server."""

    async def run() -> list[Reply]:
        writers: list[asyncio.StreamWriter] = []

        async def kept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)
            await serve(reader, writer)

        server = await asyncio.start_server(kept, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/a?b=1"
        client = Client()
        got = []
        try:
            for _ in range(count):
                reply = await client.send(
                    "POST", url, {"Host": "x"}, b"k=v", connect_s=5, read_s=read_s
                )
                got.append(reply)
                await asyncio.sleep(pause_s)
        finally:
            client.close()
            server.close()
            for writer in writers:
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()
        return got

    return asyncio.run(run())


def test_a_connection_is_used_again() -> None:
    serve, had = answers(OK, OK, OK)
    assert [reply.text for reply in sent(serve, 3)] == ["ok"] * 3
    assert had == [3]


@pytest.mark.parametrize("pause_s", [0.0, 0.02])
def test_a_connection_that_was_closed_meanwhile_is_no_failure(pause_s: float) -> None:
    serve, had = answers(OK, close=True)
    assert [reply.status for reply in sent(serve, 3, pause_s=pause_s)] == [200] * 3
    assert had == [1, 1, 1]


def test_answers_in_pieces_and_without_a_body_are_read() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    empty = b"HTTP/1.1 204 No Content\r\n\r\n"
    serve, had = answers(chunked, empty, OK)
    assert [reply.text for reply in sent(serve, 3)] == ["abc", "", "ok"]
    assert had == [3]


@pytest.mark.parametrize("reply", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", b"?!"])
def test_no_answer_half_an_answer_and_nonsense_are_no_answers(reply: bytes) -> None:
    serve, _ = answers(reply)
    with pytest.raises(Unanswered):
        sent(serve, 1, read_s=0.5)


def test_nobody_there() -> None:
    async def run() -> None:
        server = await asyncio.start_server(answers()[0], "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        server.close()
        await server.wait_closed()
        await Client().send("GET", url, {}, b"", connect_s=5, read_s=5)

    with pytest.raises(Unconnected):
        asyncio.run(run())
