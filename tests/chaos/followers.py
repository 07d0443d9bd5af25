"""Live screens that outlive any kill: they connect again and go on from their last number."""

import json
import threading
from collections.abc import Callable
from typing import Any

import httpx
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from tests.chaos.ledger import Ledger
from tests.people import WAIT_S, Person, Screen

PAUSE_S = 0.1
SAME_S = 120.0
LOOKS = 50


class Follower:
    """One screen. Deliveries are confirmed; what the server confirms back goes to the ledger."""

    def __init__(self, person: Person, topic: str, ledger: Ledger) -> None:
        self.person, self.topic, self.ledger = person, topic, ledger
        self.connections = 0
        self.screen: Screen | None = None
        self._ending = threading.Event()
        self._changed = threading.Condition()
        self._socket: ClientConnection | None = None
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def snapshot(self) -> dict[str, Any]:
        found: dict[str, Any] = self.person.get(f"/api/{self.topic}")
        return found

    def close(self) -> None:
        self._ending.set()
        if self._socket is not None:
            self._socket.close()
        self._thread.join(10)

    def wait_order(
        self, order_id: str, found: Callable[[dict[str, Any]], str | None], seconds: float
    ) -> str | None:
        """What `found` gives for the order's row as soon as it gives something; None: never."""

        def look() -> str | None:
            row = self.screen.rows["order"].get(order_id) if self.screen else None
            return found(row) if row else None

        with self._changed:
            return self._changed.wait_for(look, seconds)

    def difference(self) -> str | None:
        """The law: old snapshot + deltas == fresh snapshot. What differs, or None.

        A screen that is ahead of the snapshot already says nothing about it: it is taken again.
        """
        for _ in range(LOOKS):
            fresh = Screen.of(self.snapshot())
            with self._changed:
                screen = self._reaching(fresh.number)
                if screen is None:
                    return f"does not come to {fresh.number}"
                if screen.gaps:
                    return f"{screen.gaps} gaps"
                if screen.number == fresh.number:
                    return _other_rows(screen, fresh)
        return f"was ahead of {LOOKS} snapshots"

    def _reaching(self, number: int) -> Screen | None:
        """The screen as soon as it is at `number` or beyond; None: it stays behind."""

        def look() -> Screen | None:
            screen = self.screen
            return screen if screen is not None and screen.number >= number else None

        return self._changed.wait_for(look, SAME_S)

    def _follow(self) -> None:
        while not self._ending.is_set():
            try:
                if self.screen is None:
                    screen = Screen.of(self.snapshot())
                    with self._changed:
                        self.screen = screen
                self._listen(self.screen)
            except (OSError, httpx.TransportError, WebSocketException, AssertionError):
                self._ending.wait(PAUSE_S)

    def _listen(self, screen: Screen) -> None:
        cookie = "; ".join(f"{name}={text}" for name, text in self.person.http.cookies.items())
        with connect(
            self.person.base_url.replace("http", "ws", 1) + "/api/live",
            additional_headers={"Cookie": cookie},
            proxy=None,
            open_timeout=WAIT_S,
        ) as socket:
            self._socket = socket
            self.connections += 1
            subscribe = {"type": "subscribe", "topic": self.topic, "from": screen.number}
            socket.send(json.dumps(subscribe))
            for message in socket:
                if self._ending.is_set():
                    return
                if isinstance(message, str):
                    self._take(socket, json.loads(message), screen)

    def _take(self, socket: ClientConnection, message: dict[str, Any], screen: Screen) -> None:
        if message["type"] == "deltas":
            with self._changed:
                for item in message["items"]:
                    screen.apply(item)
                self._changed.notify_all()
        elif message["type"] == "deliver":
            socket.send(json.dumps({"type": "receipt", "receipt_id": message["receipt_id"]}))
        elif message["type"] == "receipt_ok":
            with self.ledger.writing():
                self.ledger.receipts.add(message["receipt_id"])
        elif message["type"] == "resync":
            # Nothing here is ever too old to be continued: losing the place is a finding.
            self.ledger.surprised(f"{self.topic} of {self.person.unit_id} had to start anew")
            self.screen = None
            socket.close()


def _other_rows(mine: Screen, fresh: Screen) -> str | None:
    for entity, rows in fresh.rows.items():
        seen = mine.rows[entity]
        wrong = {key for key in rows.keys() | seen.keys() if rows.get(key) != seen.get(key)}
        if wrong:
            key = min(wrong)
            return f"{entity} {key}: {seen.get(key)} instead of {rows.get(key)}"
    return None
