"""Points C and E come from confirmations over the live connection, and from nothing else."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.clock import now
from dispatch.orders.models import Receipt
from tests.line import Line
from tests.office import Office, query

LONG = timedelta(minutes=30)


class Device:
    """A logged-in screen that gets deliveries and confirms only when told to."""

    def __init__(self, office: Office, stack: ExitStack, login: str) -> None:
        self.line = stack.enter_context(Line(office.url, office.starter.tokens[login]))
        self.topic = "queue" if "crew" in login else "board"
        self.line.subscribe(self.topic)
        self.line.until(lambda frame: frame["type"] == "heartbeat")

    def delivery(self, order_id: str, purpose: str = "order") -> dict[str, Any]:
        return self.line.until(
            lambda frame: (
                frame["type"] == "deliver"
                and (frame["order_id"], frame["purpose"]) == (order_id, purpose)
            )
        )

    def confirm(self, receipt_id: str) -> dict[str, Any]:
        self.line.say(type="receipt", receipt_id=receipt_id)
        return self.line.until(
            lambda frame: frame.get("receipt_id") == receipt_id and frame["type"] != "deliver"
        )


class Bench:
    def __init__(self, office: Office, stack: ExitStack) -> None:
        self.office, self.stack = office, stack

    def device(self, login: str) -> Device:
        return Device(self.office, self.stack, login)

    def row(self, order_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.office.person("lead").get(f"/api/orders/{order_id}")
        return found

    def history(self, order_id: str, type_: str) -> int:
        return [one["type"] for one in self.row(order_id)["history"]].count(type_)


@pytest.fixture
def bench(office: Office) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(office, stack)


def test_a_confirmation_without_signal_says_since_when(office: Office, bench: Bench) -> None:
    """A phone showed the order and lost the signal before it could say so: E is when it showed."""
    phone = bench.device("east.crew1")
    orders = [office.sent("east-1") for _ in range(3)]
    sent = [datetime.fromisoformat(order["assignment"]["sent_at"]) for order in orders]
    said = [sent[0] + timedelta(milliseconds=1), sent[1] - LONG, now() + LONG]
    for order, at in zip(orders, said, strict=True):
        receipt_id = phone.delivery(order["id"])["receipt_id"]
        phone.line.say(type="receipt", receipt_id=receipt_id, at="soon")
        assert phone.line.until(lambda one: one["type"] == "error")["field"] == "at"
        phone.line.say(type="receipt", receipt_id=receipt_id, at=at.isoformat())
        phone.line.until(lambda one: one["type"] == "receipt_ok")
    stamps = [
        next(one for one in bench.row(order["id"])["stamps"] if one["point"] == "E")
        for order in orders
    ]
    times = [datetime.fromisoformat(stamp["at"]) for stamp in stamps]
    assert times[0] == said[0]
    assert times[1] == sent[1], "not before it was sent"
    assert stamps[2]["at"] == stamps[2]["recorded_at"], "not in the future"


def test_c_and_e_are_the_confirmations(office: Office, bench: Bench) -> None:
    desk, phone = bench.device("east.desk"), bench.device("east.crew1")
    order = office.released("east")
    assert order["points"]["C"] is None
    delivery = desk.delivery(order["id"])
    assert delivery["hop"] == "centre"
    assert bench.row(order["id"])["order"]["points"]["C"] is None, "delivered is not confirmed"
    assert desk.confirm(delivery["receipt_id"])["type"] == "receipt_ok"
    page = bench.row(order["id"])
    (receipt,) = page["receipts"]
    assert receipt["status"] == "received"
    assert page["order"]["points"]["C"] == receipt["received_at"]
    assert receipt["device"].startswith("screen:")
    stamp = next(one for one in page["stamps"] if one["point"] == "C")
    assert (stamp["source"], stamp["by"]) == ("receipt", "城东报修中心调度")

    sent = office.person("east.desk").post(
        f"/api/orders/{order['id']}/dispatch", {"crew_id": office.unit("east-1")}
    )
    assert sent["points"]["E"] is None
    assert sent["assignment"]["received_at"] is None
    delivery = phone.delivery(order["id"])
    assert delivery["hop"] == "crew"
    phone.confirm(delivery["receipt_id"])
    row = bench.row(order["id"])["order"]
    assert row["points"]["E"] == row["assignment"]["received_at"] is not None


def test_acting_on_an_order_is_no_confirmation(office: Office, bench: Bench) -> None:
    """Accepting proves that somebody saw it, not when it came: C and E stay unknown."""
    order = office.sent("east-1")
    accepted = office.person("east.crew1").post(
        f"/api/assignments/{order['assignment']['id']}/accept"
    )
    office.person("east.crew1").get("/api/queue")
    assert (accepted["points"]["C"], accepted["points"]["E"]) == (None, None)
    assert accepted["points"]["F"] is not None


def test_no_rest_route_makes_a_confirmation(office: Office) -> None:
    document = office.person("lead").get("/api/openapi.json")
    assert not [path for path in document["paths"] if "receipt" in path]
    order, lead = office.released("east"), office.person("supervisor")
    body = {"point": "C", "at": order["filed_at"], "reason": "test"}
    lead.post(f"/api/orders/{order['id']}/stamps", body)
    page = bench_row(office, order["id"])
    assert page["receipts"][0]["status"] == "sent", "a correction is no receipt"
    assert page["order"]["hop"]["received_at"] is None


def bench_row(office: Office, order_id: str) -> dict[str, Any]:
    found: dict[str, Any] = office.person("lead").get(f"/api/orders/{order_id}")
    return found


def test_an_unconfirmed_delivery_comes_again_and_is_counted(office: Office, bench: Bench) -> None:
    desk = bench.device("west.desk")
    order = office.released("west")
    receipts = {desk.delivery(order["id"])["receipt_id"] for _ in range(3)}
    assert len(receipts) == 1, "it is one delivery, tried again"
    hop = bench.row(order["id"])["order"]["hop"]
    assert hop["received_at"] is None
    assert hop["attempts"] >= 3
    desk.confirm(receipts.pop())
    hop = bench.row(order["id"])["order"]["hop"]
    assert hop["received_at"] is not None
    again = bench.device("west.desk")
    again.line.ping()
    for _ in range(2):
        again.line.until(lambda frame: frame["type"] == "heartbeat")
    assert not [one for one in again.line.seen if one.get("order_id") == order["id"]]
    assert bench.row(order["id"])["order"]["hop"]["attempts"] == hop["attempts"]


def test_nobody_there_means_no_receipt_until_somebody_comes(office: Office, bench: Bench) -> None:
    order = office.released("south")
    assert bench.row(order["id"])["order"]["hop"]["attempts"] == 0
    desk = bench.device("south.desk")
    desk.confirm(desk.delivery(order["id"])["receipt_id"])
    assert bench.row(order["id"])["order"]["points"]["C"] is not None


def test_confirming_again_and_on_two_screens_counts_once(office: Office, bench: Bench) -> None:
    first, second = bench.device("east.desk"), bench.device("east.desk2")
    order = office.released("east")
    receipt_id = first.delivery(order["id"])["receipt_id"]
    assert second.delivery(order["id"])["receipt_id"] == receipt_id
    assert first.confirm(receipt_id)["type"] == "receipt_ok"
    at = bench.row(order["id"])["order"]["points"]["C"]
    for device in (second, first, second):
        assert device.confirm(receipt_id)["type"] == "receipt_ok"
    assert bench.row(order["id"])["order"]["points"]["C"] == at
    assert bench.history(order["id"], "order.reached_centre") == 1


def test_a_confirmation_after_the_recall_changes_nothing(office: Office, bench: Bench) -> None:
    phone = bench.device("east.crew2")
    order = office.sent("east-2")
    receipt_id = phone.delivery(order["id"])["receipt_id"]
    recall = f"/api/assignments/{order['assignment']['id']}/recall"
    office.person("east.desk").post(recall, {"reason": "other"})
    assert phone.confirm(receipt_id)["type"] == "receipt_ok"
    page = bench.row(order["id"])
    assert bench.history(order["id"], "assignment.reached_crew") == 0
    assert {one["purpose"]: one["status"] for one in page["receipts"] if one["hop"] == "crew"}[
        "order"
    ] == "void"


def test_a_recall_is_unconfirmed_until_a_device_confirms(office: Office, bench: Bench) -> None:
    order = office.sent("west-2")
    recall = f"/api/assignments/{order['assignment']['id']}/recall"
    row = office.person("west.desk").post(recall, {"reason": "wrong_place"})
    assert row["recall_unconfirmed"] is True
    crew = {"crew_id": office.unit("west-3")}
    row = office.person("west.desk").post(f"/api/orders/{order['id']}/dispatch", crew)
    assert row["recall_unconfirmed"] is True, "also when it was sent on"
    phone = bench.device("west.crew2")
    phone.confirm(phone.delivery(order["id"], "recall")["receipt_id"])
    page = bench.row(order["id"])
    assert page["order"]["recall_unconfirmed"] is False
    assert bench.history(order["id"], "assignment.recall_confirmed") == 1
    assert page["order"]["assignment"]["received_at"] is None, "the other crew's E is its own"


def test_a_receipt_keeps_who_confirmed(office: Office, bench: Bench) -> None:
    desk = bench.device("east.desk2")
    order = office.released("east")
    delivery = desk.delivery(order["id"])
    desk.confirm(delivery["receipt_id"])
    found = query(lambda session: session.get(Receipt, (1, uuid.UUID(delivery["receipt_id"]))))
    me = office.person("east.desk2").me["user"]
    assert found is not None
    assert str(found.received_by) == me["id"]
