"""People at their screens, for tests: log in, act, follow the live feed, confirm deliveries."""

import json
import ssl
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from gps.publish import unpack

# Patience costs nothing where all is well; a busy machine may need it.
WAIT_S = 60.0
AGAIN_S = 0.05


class Refused(AssertionError):
    """The API said no."""

    def __init__(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        self.problem: dict[str, Any] = answer.json()
        super().__init__(f"{answer.request.url}: {answer.status_code} {self.problem}")


@dataclass
class Screen:
    """What a live screen holds: rows by entity and key, and the number of the last delta."""

    number: int
    rows: dict[str, dict[str, Any]]
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    positions: dict[str, tuple[float, float]] = field(default_factory=dict)
    gaps: int = 0

    @staticmethod
    def of(snapshot: dict[str, Any]) -> "Screen":
        return Screen(
            snapshot["number"],
            {
                "order": {row["id"]: row for row in snapshot["orders"]},
                "crew": {row["id"]: row for row in snapshot["crews"]},
                "centre": {row["id"]: row for row in snapshot["centres"]},
            },
        )

    def apply(self, item: dict[str, Any]) -> None:
        """One delta: a row replaced or taken away."""
        if item["number"] <= self.number:
            return
        if item["number"] != self.number + 1:
            self.gaps += 1
        self.number = item["number"]
        rows = self.rows.setdefault(item["entity"], {})  # centres come with their first change
        if item["value"] is None:
            rows.pop(item["key"], None)
        else:
            rows[item["key"]] = item["value"]


OWN_CONNECTIONS = httpx.Limits(keepalive_expiry=2.0)
"""Given up before the server does: it would reset one that is just being used again."""
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""All is loopback without TLS; reading the world's authorities takes longer than a request."""


def visitor(base_url: str) -> httpx.Client:
    """A client that is nobody yet."""
    return httpx.Client(
        base_url=base_url,
        timeout=WAIT_S,
        trust_env=False,
        limits=OWN_CONNECTIONS,
        verify=NO_CERTIFICATES,
    )


class Person:
    """Somebody logged in. Acts raise `Refused` unless the API says yes."""

    def __init__(
        self, base_url: str, login: str = "", password: str = "", *, token: str | None = None
    ) -> None:
        """Log in, or sit down at the open session that `token` (the cookie's value) names."""
        self.base_url = base_url
        self.http = visitor(base_url)
        self.http.headers["Accept-Language"] = "en"
        if token is None:
            answer = self.http.post("/api/login", json={"login": login, "password": password})
        else:
            self.http.cookies.set("paidan_session", token)
            answer = self.http.get("/api/me")
        if answer.status_code != 200:
            raise Refused(answer)
        self.me: dict[str, Any] = answer.json()
        self.http.headers["X-CSRF-Token"] = self.me["csrf_token"]
        self.screen: Screen | None = None
        self.confirming = True
        self._socket: ClientConnection | None = None
        self._connection = ExitStack()
        self._changed = threading.Condition()
        self._reader: threading.Thread | None = None

    @property
    def unit_id(self) -> str:
        return str(self.me["user"]["unit"]["id"])

    def get(self, path: str, **params: Any) -> Any:
        answer = self.http.get(path, params=params)
        if answer.status_code != 200:
            raise Refused(answer)
        return answer.json()

    def listed_call(self, call_id: str) -> dict[str, Any]:
        """A call as the hotline's list has it, once it is told."""
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            for row in self.get("/api/calls"):
                if row["id"] == call_id:
                    return dict(row)
            time.sleep(AGAIN_S)
        raise AssertionError(f"call {call_id} is not listed")

    def post(self, path: str, body: Any = None, key: str | None = None) -> Any:
        answer = self.try_post(path, body, key)
        if answer.status_code not in (200, 201, 204):
            raise Refused(answer)
        return answer.json()

    def try_post(self, path: str, body: Any = None, key: str | None = None) -> httpx.Response:
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return self.http.post(path, json=body, headers=headers)

    def follow(self, topic: str = "board") -> Screen:
        """Fetch a snapshot and follow it live, confirming deliveries unless told otherwise."""
        self.hang_up()
        snapshot = self.get("/api/board" if topic == "board" else "/api/queue")
        self.screen = Screen.of(snapshot)
        self.resume(topic)
        return self.screen

    def resume(self, topic: str = "board") -> None:
        """Connect (again) and go on from the number that the screen has."""
        assert self.screen is not None
        cookie = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        self._socket = self._connection.enter_context(
            connect(
                self.base_url.replace("http", "ws", 1) + "/api/live",
                additional_headers={"Cookie": cookie},
                open_timeout=WAIT_S,
                proxy=None,
            )
        )
        subscribe = {"type": "subscribe", "topic": topic, "from": self.screen.number}
        self._socket.send(json.dumps(subscribe))
        self._reader = threading.Thread(target=self._read, args=(self._socket,), daemon=True)
        self._reader.start()

    def hang_up(self) -> None:
        """Close the live connection."""
        self._connection.close()
        self._socket = None
        if self._reader is not None:
            self._reader.join(5)
            self._reader = None

    def close(self) -> None:
        self.hang_up()
        self.http.close()

    def _read(self, socket: ClientConnection) -> None:
        try:
            for message in socket:
                with self._changed:
                    if isinstance(message, bytes):
                        self._positions(message)
                    else:
                        self._take(socket, json.loads(message))
                    self._changed.notify_all()
        except ConnectionClosed:
            return

    def _positions(self, data: bytes) -> None:
        assert self.screen is not None
        for seen in unpack(data):
            self.screen.positions[str(seen.vehicle_id)] = (seen.lat, seen.lon)

    def _take(self, socket: ClientConnection, message: dict[str, Any]) -> None:
        assert self.screen is not None
        if message["type"] == "deltas":
            for item in message["items"]:
                self.screen.apply(item)
        elif message["type"] == "deliver":
            self.screen.deliveries.append(message)
            if self.confirming:
                self.confirm(message["receipt_id"], socket)

    def confirm(self, receipt_id: str, socket: ClientConnection | None = None) -> None:
        """Say over the live connection that a delivery is here."""
        via = socket or self._socket
        assert via is not None
        via.send(json.dumps({"type": "receipt", "receipt_id": receipt_id}))

    def wait(self, condition: Callable[[Screen], Any], seconds: float = WAIT_S) -> Any:
        """Wait until the live screen fulfils a condition; gives what it returned."""
        assert self.screen is not None
        with self._changed:
            if not self._changed.wait_for(lambda: condition(self.screen), seconds):  # type: ignore[arg-type]
                raise AssertionError(f"not seen in {seconds} s; screen: {self.screen}")
            return condition(self.screen)

    def wait_order(
        self, order_id: str, condition: Callable[[dict[str, Any]], Any], seconds: float = WAIT_S
    ) -> dict[str, Any]:
        """Wait until the row of an order on the live screen fulfils a condition."""

        def ready(screen: Screen) -> dict[str, Any] | None:
            row = screen.rows["order"].get(order_id)
            return row if row is not None and condition(row) else None

        found: dict[str, Any] = self.wait(ready, seconds)
        return found
