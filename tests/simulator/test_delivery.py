"""Retry rules, idempotency token, time limits, mischief on webhooks and on REST."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator

from telephony.simulator.delivery import Overrides, overrides_of
from tests.simulator.fixtures import (
    AGENT,
    HOTLINE,
    CarrierSimulator,
    Product,
    running_simulator,
)

TOKEN = "i-twilio-idempotency-token"


def report_to(carrier: CarrierSimulator, url: str) -> None:
    """A call that ends, and reports that to an address."""
    carrier.client().calls.create(to=AGENT, from_=HOTLINE, twiml="<Response/>", status_callback=url)
    carrier.advance(20)


def attempts(carrier: CarrierSimulator) -> list[dict[str, Any]]:
    return [e for e in carrier.trace("webhook") if e["about"] == "call.status"]


@contextmanager
def deaf() -> Iterator[str]:
    """An address where nobody listens."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{door.getsockname()[1]}/status"


@contextmanager
def silent() -> Iterator[str]:
    """An address where requests are taken and never answered."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        yield f"http://127.0.0.1:{door.getsockname()[1]}/status"


def test_a_failed_connection_is_tried_once_more(carrier_simulator: CarrierSimulator) -> None:
    with deaf() as url:
        report_to(carrier_simulator, url)
    assert [(e["attempt"], e["failed"]) for e in attempts(carrier_simulator)] == [
        (0, "ct"),
        (1, "ct"),
    ]
    assert carrier_simulator.state()["errors"][0]["code"] == 11200


def test_a_server_error_is_not_tried_again_unless_the_fragment_asks(
    carrier_simulator: CarrierSimulator, product: Product
) -> None:
    product.statuses["/status"] = [503]
    report_to(carrier_simulator, f"{product.url}/status")
    assert len(product.at("/status")) == 1
    product.got.clear()
    product.statuses["/status"] = [503, 502, 500]
    report_to(carrier_simulator, f"{product.url}/status#rc=2&rp=5xx")
    assert len(product.at("/status")) == 3
    tokens = {one.headers[TOKEN] for one in product.got}
    assert len(tokens) == 1


def test_what_the_product_answered_is_counted(
    carrier_simulator: CarrierSimulator, product: Product
) -> None:
    product.statuses["/status"] = [503]
    for _ in range(2):
        report_to(carrier_simulator, f"{product.url}/status")
    tally = carrier_simulator.state()["webhooks"]["call.status"]
    assert (tally["answered"], tally["failed"]) == (1, 1)
    assert 0 < tally["p50_ms"] <= tally["slowest_ms"]


def test_a_silent_server_is_given_up_after_the_asked_time(
    carrier_simulator: CarrierSimulator,
) -> None:
    with silent() as url:
        report_to(carrier_simulator, f"{url}#rt=100")
        assert [e["failed"] for e in attempts(carrier_simulator)] == ["rt"]
        report_to(carrier_simulator, f"{url}#rt=100&rc=1&rp=rt")
        assert len(attempts(carrier_simulator)) == 3
        report_to(carrier_simulator, f"{url}#tt=100&rc=5&rp=rt")
    assert "No answer in 0.1 s" in carrier_simulator.state()["errors"][-1]["message"]


def test_overrides_out_of_range_are_the_documented_defaults() -> None:
    assert overrides_of("") == Overrides()
    assert overrides_of("rc=9&rp=never&ct=5&rt=99999&tt=x") == Overrides()
    assert overrides_of("rc=5&rp=5xx,ct,rt&ct=200") == Overrides(
        retries=5, policies=("5xx", "ct", "rt"), connect_s=0.2
    )


def test_nothing_leaves_this_machine(carrier_simulator: CarrierSimulator) -> None:
    report_to(carrier_simulator, "https://paidan.example/status")
    assert attempts(carrier_simulator) == []
    assert [e["code"] for e in carrier_simulator.state()["errors"]] == [11210]


def test_a_public_address_is_signed_as_it_is_and_sent_to_where_it_is_here(
    product: Product,
) -> None:
    with running_simulator(speed=0, rewrites={"https://paidan.example": product.url}) as carrier:
        carrier.post("/numbers", phone_number=HOTLINE)
        report_to(carrier, "https://paidan.example/status?call=1#rc=1")
        (got,) = product.got
        assert RequestValidator(carrier.token).validate(
            "https://paidan.example/status?call=1",
            got.params,
            got.headers["x-twilio-signature"],
        )


def test_webhooks_are_doubled_and_dropped_on_demand(
    carrier_simulator: CarrierSimulator, product: Product
) -> None:
    carrier_simulator.post("/mischief", next=["duplicate"])
    report_to(carrier_simulator, f"{product.url}/status")
    one, two = product.at("/status")
    assert one == two
    carrier_simulator.post("/mischief", drop=1)
    report_to(carrier_simulator, f"{product.url}/status")
    assert len(product.at("/status")) == 2
    assert len(carrier_simulator.trace("dropped")) == 1


def test_delays_put_reports_out_of_order_with_their_own_times(
    product: Product,
) -> None:
    with running_simulator(speed=0, seed=3) as carrier:
        carrier.post("/numbers", phone_number=HOTLINE)
        carrier.post("/mischief", delay=0.5, delay_s=0.2)
        for n in range(8):
            carrier.client().calls.create(
                to=f"+86108888000{n}",
                from_=HOTLINE,
                twiml="<Response/>",
                status_callback=f"{product.url}/status",
                status_callback_event=["initiated", "ringing", "answered", "completed"],
            )
        carrier.settle()
        carrier.advance(30)
    numbers = [(one["CallSid"], int(one["SequenceNumber"])) for one in product.at("/status")]
    assert len(set(numbers)) == 32
    for sid in {call for call, _ in numbers}:
        assert {number for call, number in numbers if call == sid} == {0, 1, 2, 3}


def test_a_call_is_placed_though_its_answer_is_lost(
    carrier_simulator: CarrierSimulator,
) -> None:
    carrier_simulator.post("/mischief", next=["lost"])
    client = carrier_simulator.client()
    with pytest.raises(requests.exceptions.ConnectionError):
        client.calls.create(to=AGENT, from_=HOTLINE, twiml="<Response/>")
    assert len(client.calls.list(to=AGENT)) == 1


def test_a_message_is_sent_though_its_answer_comes_too_late(
    carrier_simulator: CarrierSimulator,
) -> None:
    carrier_simulator.post("/mischief", slow_s=1, next=["slow"])
    hasty = carrier_simulator.client(timeout=0.2)
    with pytest.raises(requests.exceptions.ReadTimeout):
        hasty.messages.create(to=AGENT, from_=HOTLINE, body="Notice")
    assert len(carrier_simulator.client().messages.list(to=AGENT)) == 1


def test_too_many_requests_are_refused_and_nothing_is_done(
    carrier_simulator: CarrierSimulator,
) -> None:
    carrier_simulator.post("/mischief", next=["busy"])
    client = carrier_simulator.client()
    with pytest.raises(TwilioRestException) as busy:
        client.calls.create(to=AGENT, from_=HOTLINE, twiml="<Response/>")
    assert (busy.value.status, busy.value.code) == (429, 20429)
    assert client.calls.list() == []


def test_more_requests_at_once_than_allowed_are_refused() -> None:
    with running_simulator(speed=0, most_requests=1) as carrier:
        carrier.post("/numbers", phone_number=HOTLINE)
        carrier.post("/mischief", slow_s=60, next=["slow"])
        slow = threading.Thread(target=_send, args=(carrier, "slow"), daemon=True)
        slow.start()
        carrier.until(lambda entry: entry["kind"] == "rest")
        assert _send(carrier, "refused") == 429
        bodies = [message["body"] for message in carrier.state()["messages"]]
        assert bodies == ["slow"]


def _send(carrier: CarrierSimulator, body: str) -> int:
    url = f"{carrier.url}/2010-04-01/Accounts/{carrier.account}/Messages.json"
    data = {"To": AGENT, "From": HOTLINE, "Body": body}
    auth = (carrier.account, carrier.token)
    with contextlib.suppress(requests.exceptions.ConnectionError):  # the simulator ended
        return requests.post(url, data, auth=auth, timeout=60).status_code
    return 0


def test_mischief_that_there_is_not_is_refused(carrier_simulator: CarrierSimulator) -> None:
    answer = carrier_simulator.control.post("/mischief", json={"explode": 1})
    assert answer.status_code == 422
    assert "mischief.explode" in answer.json()["error"]
    answer = carrier_simulator.control.post("/mischief", json={"drop": 2})
    assert "mischief.drop" in answer.json()["error"]
