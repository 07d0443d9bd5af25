"""A bare live connection for tests: sends any frame, sees every frame that comes back."""

import json
import time
from collections.abc import Callable
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.people import WAIT_S


class Line:
    """A WebSocket to /api/live. Use as a context manager. `token` None: not logged in."""

    def __init__(self, base_url: str, token: str | None, **headers: str) -> None:
        more = dict(headers)
        if token is not None:
            more["Cookie"] = f"paidan_session={token}"
        url = base_url.replace("http", "ws", 1) + "/api/live"
        self._opening = connect(url, additional_headers=more, open_timeout=WAIT_S, proxy=None)
        self.socket: ClientConnection
        self.seen: list[dict[str, Any]] = []
        self.binary: list[bytes] = []

    def __enter__(self) -> "Line":
        self.socket = self._opening.__enter__()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._opening.__exit__(None, None, None)

    def say(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def subscribe(self, topic: str, number: int = 0) -> None:
        self.say(type="subscribe", topic=topic, **{"from": number})

    def ping(self) -> None:
        """A round trip: what was asked before has been answered."""
        self.say(type="ping")
        self.until(lambda frame: frame["type"] == "pong")

    def until(
        self, wanted: Callable[[dict[str, Any]], Any], seconds: float = WAIT_S
    ) -> dict[str, Any]:
        """The next JSON frame that is wanted; all frames on the way are kept in `seen`."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            if left <= 0:
                raise AssertionError(f"not seen in {seconds} s; seen: {self.seen[-10:]}")
            try:
                frame = self.socket.recv(timeout=left)
            except TimeoutError:
                continue
            if isinstance(frame, bytes):
                self.binary.append(frame)
                continue
            message: dict[str, Any] = json.loads(frame)
            self.seen.append(message)
            if wanted(message):
                return message

    def closed(self, seconds: float = WAIT_S) -> int | None:
        """The close code that the server sends within the time."""
        try:
            self.until(lambda _frame: False, seconds)
        except ConnectionClosed as error:
            return error.rcvd.code if error.rcvd else None
        raise AssertionError("the connection stayed open")

    def items(self) -> list[dict[str, Any]]:
        """All deltas seen so far."""
        return [item for one in self.seen if one["type"] == "deltas" for item in one["items"]]
